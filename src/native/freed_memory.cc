// keepFreedMemory(isKept), for Node: whether freed memory stays with the process for what is allocated next, or goes back to the
// system, at once what is freed already.
//
// The C library gives large blocks back as soon as they are freed, and the system hands out pages of zeros for each new one: a
// fifth of a step of VGG16. Kept blocks cost memory: what fits into none of them lies beside them.
#include "freed_memory.h"

#include <malloc.h>

namespace elbow {
namespace {

// What the C library comes to by itself where large blocks are freed, and keeps as a limit.
constexpr int LARGEST_SHARED_BLOCK = 32 << 20;
constexpr int MOST_FREE = 2 * LARGEST_SHARED_BLOCK;
constexpr int DEFAULT_MAPPINGS = 65536;

napi_value keep_freed_memory(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  bool is_kept = false;
  napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr);
  if (count < 1 || napi_get_value_bool(env, argument, &is_kept) != napi_ok) {
    napi_throw_type_error(env, nullptr, "expected true or false");
    return nullptr;
  }
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, LARGEST_SHARED_BLOCK);
  mallopt(M_MMAP_MAX, is_kept ? 0 : DEFAULT_MAPPINGS);
  mallopt(M_TRIM_THRESHOLD, is_kept ? -1 : MOST_FREE);
  if (!is_kept) malloc_trim(0);
#endif
  return nullptr;
}

}  // namespace

void add_freed_memory(napi_env env, napi_value exports) {
  napi_value function;
  napi_create_function(env, "keepFreedMemory", NAPI_AUTO_LENGTH, keep_freed_memory, nullptr, &function);
  napi_set_named_property(env, exports, "keepFreedMemory", function);
}

}  // namespace elbow
