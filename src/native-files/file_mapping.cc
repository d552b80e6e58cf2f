// An addon of Node. mapFile(path) -> ArrayBuffer: a file's bytes where the system has them, for all processes that map it once.
// To write to them ends the process.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "node_api.h"

namespace {

napi_value fail(napi_env env, const std::string& message) {
  napi_throw_error(env, nullptr, message.c_str());
  return nullptr;
}

void unmap(napi_env, void* bytes, void* size) { munmap(bytes, reinterpret_cast<size_t>(size)); }

napi_value map_file(napi_env env, napi_callback_info info) {
  size_t count = 1, length = 0;
  napi_value argument;
  napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr);
  if (count < 1 || napi_get_value_string_utf8(env, argument, nullptr, 0, &length) != napi_ok) {
    return fail(env, "expected the path of a file");
  }
  std::string path(length + 1, '\0');
  napi_get_value_string_utf8(env, argument, path.data(), path.size(), &length);

  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return fail(env, std::string("open: ") + std::strerror(errno));
  struct stat facts;
  // Why it failed, before close() can say otherwise.
  const bool is_known = fstat(file, &facts) == 0;
  const size_t size = is_known ? facts.st_size : 0;
  void* const bytes = size > 0 ? mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 0) : nullptr;
  const int reason = errno;
  close(file);
  if (!is_known || bytes == MAP_FAILED) return fail(env, std::string("mmap: ") + std::strerror(reason));

  napi_value buffer;
  void* unused;
  const napi_status status =
      size > 0 ? napi_create_external_arraybuffer(env, bytes, size, unmap, reinterpret_cast<void*>(size), &buffer)
               : napi_create_arraybuffer(env, 0, &unused, &buffer);
  if (status == napi_ok) return buffer;
  if (size > 0) munmap(bytes, size);
  return fail(env, "this Node takes no memory from outside");
}

}  // namespace

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "mapFile", NAPI_AUTO_LENGTH, map_file, nullptr, &function);
  napi_set_named_property(env, exports, "mapFile", function);
  return exports;
}
