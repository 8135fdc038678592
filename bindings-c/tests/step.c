/* Makes an engine, steps it, restores it from its snapshot, and checks what the border refuses. */

#include <homeostat.h>
#include <stdio.h>
#include <string.h>

static int failures = 0;

static void check(int holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "does not hold: %s\n", what);
        failures += 1;
    }
}

static int contains(homeostat_bytes bytes, const char *word) {
    size_t len = strlen(word);
    size_t at;
    for (at = 0; at + len <= bytes.len; at += 1) {
        if (memcmp(bytes.data + at, word, len) == 0) {
            return 1;
        }
    }
    return 0;
}

static int same(homeostat_bytes a, homeostat_bytes b) { return a.len == b.len && memcmp(a.data, b.data, a.len) == 0; }

static homeostat_status step(const homeostat_engine *engine, const char *input, homeostat_bytes *output) {
    return homeostat_engine_step(engine, (const uint8_t *)input, strlen(input), output);
}

static homeostat_status view(const homeostat_engine *engine, const char *query, homeostat_bytes *output) {
    return homeostat_engine_view(engine, (const uint8_t *)query, strlen(query), output);
}

static void engine_steps(homeostat_engine *engine) {
    const char *started = "{\"at\":1000,\"event\":{\"type\":\"started\",\"epoch\":1}}";
    const char *later = "{\"at\":61000,\"event\":{\"type\":\"time_advanced\"}}";
    homeostat_engine *restored = NULL;
    homeostat_bytes output = {NULL, 0}, snapshot = {NULL, 0}, first = {NULL, 0}, second = {NULL, 0};

    check(step(engine, started, &output) == HOMEOSTAT_OK, "an input is taken");
    check(contains(output, "\"facts\":["), "the answer has facts");
    check(contains(output, "\"commands\":["), "the answer has commands");
    homeostat_bytes_free(&output);
    check(output.data == NULL && output.len == 0, "freed bytes are empty");

    check(homeostat_engine_outstanding(engine, &output) == HOMEOSTAT_OK, "outstanding answers");
    check(output.len > 0, "outstanding is JSON");
    homeostat_bytes_free(&output);

    check(homeostat_engine_snapshot(engine, &snapshot) == HOMEOSTAT_OK, "a snapshot is given");
    check(homeostat_engine_restore(snapshot.data, snapshot.len, &restored, NULL) == HOMEOSTAT_OK, "it restores");
    check(step(engine, later, &first) == HOMEOSTAT_OK, "the engine goes on");
    check(step(restored, later, &second) == HOMEOSTAT_OK, "the restored engine goes on");
    check(same(first, second), "both say the same");

    homeostat_bytes_free(&first);
    homeostat_bytes_free(&second);
    homeostat_bytes_free(&snapshot);
    homeostat_engine_free(restored);
}

static void border_refuses(const homeostat_engine *engine) {
    const uint8_t not_utf8[2] = {0xC3, 0x28};
    const uint8_t wrong[] = "components: 5";
    homeostat_engine *made = NULL;
    homeostat_bytes output = {NULL, 0};

    check(step(NULL, "{}", &output) == HOMEOSTAT_NULL_POINTER, "no engine");
    check(homeostat_engine_step(engine, NULL, 0, &output) == HOMEOSTAT_NULL_POINTER, "no input");
    check(step(engine, "{}", NULL) == HOMEOSTAT_NULL_POINTER, "no output");
    check(homeostat_engine_new(not_utf8, sizeof not_utf8, &made, &output) == HOMEOSTAT_NOT_UTF8, "no text");
    check(homeostat_engine_step(engine, not_utf8, SIZE_MAX, &output) == HOMEOSTAT_TOO_LONG, "no such length");
    check(output.data == NULL, "these write nothing");

    check(step(engine, "{\"at\":", &output) == HOMEOSTAT_OK, "half an input has an answer");
    check(contains(output, "input_refused"), "which is that it is refused");
    homeostat_bytes_free(&output);

    check(view(engine, "{\"view\":\"status\"}", &output) == HOMEOSTAT_OK, "a query");
    check(contains(output, "status"), "its answer");
    homeostat_bytes_free(&output);
    check(view(engine, "{\"view\":", &output) == HOMEOSTAT_REFUSED, "half a query");
    check(output.len > 0, "a refusal has a reason");
    homeostat_bytes_free(&output);

    check(homeostat_engine_new(wrong, sizeof wrong - 1, &made, &output) == HOMEOSTAT_REFUSED, "a wrong policy");
    check(made == NULL, "a refusal makes no engine");
    check(output.len > 0, "its mistakes are told");
    homeostat_bytes_free(&output);

    homeostat_bytes_free(NULL);
    homeostat_engine_free(NULL);
}

int main(int argc, char **argv) {
    static uint8_t policy[65536];
    homeostat_engine *engine = NULL;
    homeostat_bytes problem = {NULL, 0};
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    size_t len;

    if (file == NULL) {
        fprintf(stderr, "usage: step POLICY\n");
        return 2;
    }
    len = fread(policy, 1, sizeof policy, file);
    fclose(file);
    if (homeostat_engine_new(policy, len, &engine, &problem) != HOMEOSTAT_OK) {
        fprintf(stderr, "the policy is refused: %.*s\n", (int)problem.len, (const char *)problem.data);
        homeostat_bytes_free(&problem);
        return 1;
    }
    engine_steps(engine);
    border_refuses(engine);
    homeostat_engine_free(engine);
    return failures == 0 ? 0 : 1;
}
