// What becomes of memory that is freed.
#pragma once

#include "node_api.h"

namespace elbow {

// Adds the function keepFreedMemory to what Node sees of the library.
void add_freed_memory(napi_env env, napi_value exports);

}  // namespace elbow
