/* The Homeostat engine for C. Written by cbindgen from bindings-c/src: do not edit.
 *
 * Six calls make and ask an engine: new, step, outstanding, snapshot, restore, view. Text is UTF-8 with its length, not
 * terminated by a zero; inputs and answers are canonical JSON. Outputs are written only with the status that says so.
 * Free what you are given: engines with homeostat_engine_free, bytes with homeostat_bytes_free.
 */

#ifndef HOMEOSTAT_H
#define HOMEOSTAT_H

#include <stddef.h>
#include <stdint.h>

// How a call ended. Numbers are never used again for something else.
typedef enum {
  // It did what it should; outputs are written.
  HOMEOSTAT_OK = 0,
  // A pointer is null that must not be; nothing happened.
  HOMEOSTAT_NULL_POINTER = 1,
  // A length is more than an address space can hold; nothing happened.
  HOMEOSTAT_TOO_LONG = 2,
  // A text is not UTF-8; nothing happened.
  HOMEOSTAT_NOT_UTF8 = 3,
  // What was given cannot be taken; the reason is written, nothing else happened.
  HOMEOSTAT_REFUSED = 4,
  // The call met a bug and was stopped. Its engine can only be freed; restore a snapshot.
  HOMEOSTAT_PANICKED = 5,
  // An earlier call on this engine met a bug. It can only be freed; restore a snapshot.
  HOMEOSTAT_POISONED = 6,
} homeostat_status;

// An engine. Calls from several threads at once are made one after the other.
typedef struct homeostat_engine homeostat_engine;

// Bytes given to the caller, to be freed with `homeostat_bytes_free`. Not terminated by a zero.
typedef struct {
  // The first byte.
  uint8_t *data;
  // How many there are.
  size_t len;
} homeostat_bytes;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Makes an engine from a policy, given as YAML or JSON text.
//
// With `HOMEOSTAT_OK` the engine is in `engine`, to be freed with `homeostat_engine_free`. With `HOMEOSTAT_REFUSED`
// all mistakes of the policy are in `problem`, as a JSON list, to be freed with `homeostat_bytes_free`.
//
// # Safety
// `policy` points to `policy_len` readable bytes; `engine` and `problem` are writable, or `problem` is null.
homeostat_status homeostat_engine_new(const uint8_t *policy,
                                      size_t policy_len,
                                      homeostat_engine **engine,
                                      homeostat_bytes *problem);

// Makes an engine from a snapshot: the engine that gave it, at that instant.
//
// Outputs are those of `homeostat_engine_new`, but that `problem` is one sentence.
//
// # Safety
// `snapshot` points to `snapshot_len` readable bytes; `engine` and `problem` are writable, or `problem` is null.
homeostat_status homeostat_engine_restore(const uint8_t *snapshot,
                                          size_t snapshot_len,
                                          homeostat_engine **engine,
                                          homeostat_bytes *problem);

// Takes one input in and gives what the engine concluded and asks for.
//
// The answer is in `output`, as canonical JSON, to be freed with `homeostat_bytes_free`. Bytes that are no input are
// refused by a fact in the answer, and recorded.
//
// # Safety
// `engine` came from `homeostat_engine_new` or `homeostat_engine_restore` and is not freed; `input` points to
// `input_len` readable bytes; `output` is writable.
homeostat_status homeostat_engine_step(const homeostat_engine *engine,
                                       const uint8_t *input,
                                       size_t input_len,
                                       homeostat_bytes *output);

// Gives the commands that wait for an answer, as canonical JSON, to be freed with `homeostat_bytes_free`.
//
// # Safety
// `engine` as for `homeostat_engine_step`; `output` is writable.
homeostat_status homeostat_engine_outstanding(const homeostat_engine *engine, homeostat_bytes *output);

// Gives all that the engine knows, for `homeostat_engine_restore`, to be freed with `homeostat_bytes_free`.
//
// # Safety
// `engine` as for `homeostat_engine_step`; `output` is writable.
homeostat_status homeostat_engine_snapshot(const homeostat_engine *engine, homeostat_bytes *output);

// Gives what `query` asks for, such as `{"view":"status"}`, and changes nothing.
//
// With `HOMEOSTAT_OK` the answer is in `output`, as canonical JSON. With `HOMEOSTAT_REFUSED` it is no query, and the
// reason is in `output`. Both are to be freed with `homeostat_bytes_free`.
//
// # Safety
// `engine` as for `homeostat_engine_step`; `query` points to `query_len` readable bytes; `output` is writable.
homeostat_status homeostat_engine_view(const homeostat_engine *engine,
                                       const uint8_t *query,
                                       size_t query_len,
                                       homeostat_bytes *output);

// Frees an engine; null is fine.
//
// # Safety
// `engine` came from `homeostat_engine_new` or `homeostat_engine_restore`, is not freed, and is not in use.
void homeostat_engine_free(homeostat_engine *engine);

// Frees bytes and empties `bytes`, so that a second call does no harm; null is fine.
//
// # Safety
// `bytes` is null, or what a call of this library wrote, unchanged, or all zero.
void homeostat_bytes_free(homeostat_bytes *bytes);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* HOMEOSTAT_H */
