// send(2) to many sockets by one call from JavaScript: src/gateway/send-loop.ts says what for.
#define NAPI_VERSION 8
#include <errno.h>
#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

// Where it is missing, as on macOS, it is enough that Node ignores SIGPIPE.
#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

struct arguments {
  int32_t *descriptors;
  size_t descriptor_count;
  const void *bytes;
  size_t byte_length;
};

static bool typed_array(napi_env env, napi_value value, napi_typedarray_type wanted, void **data, size_t *length) {
  napi_typedarray_type type;
  return napi_get_typedarray_info(env, value, &type, length, data, NULL, NULL) == napi_ok && type == wanted;
}

// They come from our own code; but what is wrong with them is to be an error there, not a write to anywhere.
static bool read_arguments(napi_env env, napi_callback_info info, struct arguments *arguments) {
  napi_value values[3];
  size_t count = 3;
  uint32_t used;
  void *descriptors, *bytes;
  size_t most;
  if (napi_get_cb_info(env, info, &count, values, NULL, NULL) != napi_ok || count != 3) return false;
  if (!typed_array(env, values[0], napi_int32_array, &descriptors, &most)) return false;
  if (napi_get_value_uint32(env, values[1], &used) != napi_ok || used > most) return false;
  if (!typed_array(env, values[2], napi_uint8_array, &bytes, &arguments->byte_length)) return false;
  if (arguments->byte_length > INT32_MAX) return false;
  arguments->descriptors = descriptors;
  arguments->descriptor_count = used;
  arguments->bytes = bytes;
  return true;
}

// sendAll(descriptors: Int32Array, count: number, bytes: Uint8Array): void
//
// Hands `bytes` to each of the first `count` sockets, without ever waiting, and puts in its descriptor's place how many
// of them the kernel has taken, or a negative errno. A negative descriptor stays as it is.
static napi_value send_all(napi_env env, napi_callback_info info) {
  struct arguments arguments;
  if (!read_arguments(env, info, &arguments)) {
    napi_throw_type_error(env, NULL, "sendAll(descriptors: Int32Array, count: number, bytes: Uint8Array)");
    return NULL;
  }
  for (size_t at = 0; at < arguments.descriptor_count; at++) {
    int32_t *place = &arguments.descriptors[at];
    if (*place < 0) continue;
    ssize_t taken = send(*place, arguments.bytes, arguments.byte_length, MSG_DONTWAIT | MSG_NOSIGNAL);
    *place = taken < 0 ? -errno : (int32_t)taken;
  }
  return NULL;
}

NAPI_MODULE_INIT() {
  napi_value function;
  if (napi_create_function(env, "sendAll", NAPI_AUTO_LENGTH, send_all, NULL, &function) != napi_ok) return NULL;
  if (napi_set_named_property(env, exports, "sendAll", function) != napi_ok) return NULL;
  return exports;
}
