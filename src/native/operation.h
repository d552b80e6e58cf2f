// What operations are made of: TensorFlow's C interface, whose ABI is stable.
#pragma once

#include <algorithm>
#include <new>
#include <string>
#include <vector>

#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"
#include "tensorflow/c/tf_datatype.h"
#include "tensorflow/c/tf_status.h"
#include "tensorflow/c/tf_tensor.h"

namespace elbow {

// An operation as TensorFlow wants to know it.
struct Operation {
  const char* name;
  // Each as "name: type".
  std::vector<const char*> inputs;
  std::vector<const char*> outputs;
  std::vector<const char*> attributes;
  // Makes what compute is given first: the attributes of a call.
  void* (*create)(TF_OpKernelConstruction*);
  // Throws nothing, see guarded below.
  void (*compute)(void*, TF_OpKernelContext*);
  void (*destroy)(void*);
};

const std::vector<Operation>& conv_operations();
const std::vector<Operation>& image_operations();
const std::vector<Operation>& norm_operations();
const std::vector<Operation>& optimizer_operations();
const std::vector<Operation>& parameter_operations();

struct StatusOwner {
  TF_Status* status = TF_NewStatus();
  ~StatusOwner() { TF_DeleteStatus(status); }
  bool ok() const { return TF_GetCode(status) == TF_OK; }
};

// Reads the attributes of a call; after a failure all that follow are left as they are.
class AttributeReader {
 public:
  explicit AttributeReader(TF_OpKernelConstruction* construction) : construction_(construction) {}

  ~AttributeReader() {
    if (!owner_.ok()) TF_OpKernelConstruction_Failure(construction_, owner_.status);
  }

  void read(const char* name, int64_t& value) {
    if (owner_.ok()) TF_OpKernelConstruction_GetAttrInt64(construction_, name, &value, owner_.status);
  }

  void read(const char* name, float& value) {
    if (owner_.ok()) TF_OpKernelConstruction_GetAttrFloat(construction_, name, &value, owner_.status);
  }

  void read(const char* name, bool& value) {
    unsigned char byte = 0;
    if (owner_.ok()) TF_OpKernelConstruction_GetAttrBool(construction_, name, &byte, owner_.status);
    value = byte != 0;
  }

  void read(const char* name, std::vector<int64_t>& values) {
    int32_t count = 0, bytes = 0;
    if (owner_.ok()) TF_OpKernelConstruction_GetAttrSize(construction_, name, &count, &bytes, owner_.status);
    if (!owner_.ok()) return;
    values.resize(std::max(count, 0));
    TF_OpKernelConstruction_GetAttrInt64List(construction_, name, values.data(), count, owner_.status);
  }

 private:
  TF_OpKernelConstruction* construction_;
  StatusOwner owner_;
};

// The tensors of one call.
class Call {
 public:
  explicit Call(TF_OpKernelContext* context) : context_(context) {}

  ~Call() {
    for (TF_Tensor* tensor : tensors_) TF_DeleteTensor(tensor);
    if (!owner_.ok()) TF_OpKernelContext_Failure(context_, owner_.status);
  }

  bool ok() const { return owner_.ok(); }

  void fail(const std::string& message) { TF_SetStatus(owner_.status, TF_INVALID_ARGUMENT, message.c_str()); }

  TF_Tensor* input(int index) {
    if (!ok()) return nullptr;
    TF_Tensor* tensor = nullptr;
    TF_GetInput(context_, index, &tensor, owner_.status);
    return keep(tensor);
  }

  template <typename T = float>
  T* output(int index, TF_DataType type, const std::vector<int64_t>& shape) {
    if (!ok()) return nullptr;
    size_t bytes = sizeof(T);
    for (int64_t side : shape) bytes *= side;
    TF_Tensor* tensor = TF_AllocateOutput(context_, index, type, shape.data(), static_cast<int>(shape.size()), bytes,
                                          owner_.status);
    return static_cast<T*>(keep(tensor) ? TF_TensorData(tensor) : nullptr);
  }

 private:
  TF_Tensor* keep(TF_Tensor* tensor) {
    if (tensor) tensors_.push_back(tensor);
    return ok() ? tensor : nullptr;
  }

  TF_OpKernelContext* context_;
  StatusOwner owner_;
  std::vector<TF_Tensor*> tensors_;
};

// What TensorFlow is given to call: it knows no exceptions, and memory that runs out is to end the call and not the process.
template <void (*compute)(void*, TF_OpKernelContext*)>
void guarded(void* attributes, TF_OpKernelContext* context) {
  try {
    compute(attributes, context);
  } catch (const std::bad_alloc&) {
    StatusOwner owner;
    TF_SetStatus(owner.status, TF_RESOURCE_EXHAUSTED, "failed to allocate memory for an operation of elbow");
    TF_OpKernelContext_Failure(context, owner.status);
  }
}

template <typename T = float>
T* data(TF_Tensor* tensor) {
  return static_cast<T*>(TF_TensorData(tensor));
}

inline std::vector<int64_t> shape_of(const TF_Tensor* tensor) {
  std::vector<int64_t> shape(TF_NumDims(tensor));
  for (size_t i = 0; i < shape.size(); i++) shape[i] = TF_Dim(tensor, static_cast<int>(i));
  return shape;
}

// Fails where a tensor has another shape.
inline bool has_shape(Call& call, const TF_Tensor* tensor, const std::vector<int64_t>& shape) {
  if (!call.ok()) return false;
  if (shape_of(tensor) == shape) return true;
  call.fail("a tensor's shape is not that of what it belongs to");
  return false;
}

}  // namespace elbow
