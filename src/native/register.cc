// Loading the library tells TensorFlow of elbow's operations, all of them for the CPU.
#include <string>

#include "node_api.h"
#include "operation.h"

namespace {

using elbow::Operation;

// What an output's shape is, the operation knows when it runs.
void unknown_shapes(TF_ShapeInferenceContext* context, TF_Status* status) {
  TF_ShapeInferenceContextSetUnknownShape(context, status);
}

// Whether TensorFlow took it.
bool tell(const Operation& operation) {
  elbow::StatusOwner owner;
  TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(operation.name);
  for (const char* input : operation.inputs) TF_OpDefinitionBuilderAddInput(definition, input);
  for (const char* output : operation.outputs) TF_OpDefinitionBuilderAddOutput(definition, output);
  for (const char* attribute : operation.attributes) TF_OpDefinitionBuilderAddAttr(definition, attribute);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(definition, unknown_shapes);
  TF_RegisterOpDefinition(definition, owner.status);
  if (!owner.ok()) return false;
  TF_KernelBuilder* kernel =
      TF_NewKernelBuilder(operation.name, "CPU", operation.create, operation.compute, operation.destroy);
  TF_RegisterKernelBuilder(operation.name, kernel, owner.status);
  return owner.ok();
}

}  // namespace

// Node loads the library as an addon, which fails unless all operations are known.
NAPI_MODULE_INIT() {
  for (const auto& operations : {elbow::conv_operations, elbow::image_operations, elbow::norm_operations,
                                 elbow::optimizer_operations, elbow::parameter_operations}) {
    for (const Operation& operation : operations()) {
      if (tell(operation)) continue;
      napi_throw_error(env, nullptr, (std::string("TensorFlow does not take the operation ") + operation.name).c_str());
      return nullptr;
    }
  }
  return exports;
}
