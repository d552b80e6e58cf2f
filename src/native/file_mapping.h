// Files in memory that the processes of a machine share.
#pragma once

#include "node_api.h"

namespace elbow {

// Adds the function mapFile to what Node sees of the library.
void add_file_mapping(napi_env env, napi_value exports);

}  // namespace elbow
