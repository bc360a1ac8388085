// Files that ship inside the program: the standard library and the miniature model. `#embed` costs the compiler
// milliseconds where a Swift array literal of two million bytes would cost minutes.
#include "embedded.h"

#define FILE_BYTES(identifier) static const unsigned char identifier[]

FILE_BYTES(minivlm_config) = {
#embed "minivlm/config.json"
};
FILE_BYTES(minivlm_generation) = {
#embed "minivlm/generation_config.json"
};
_Alignas(64) FILE_BYTES(minivlm_weights) = {
#embed "minivlm/model.safetensors"
};
FILE_BYTES(minivlm_processor) = {
#embed "minivlm/processor_config.json"
};
FILE_BYTES(minivlm_tokenizer) = {
#embed "minivlm/tokenizer.json"
};
FILE_BYTES(minivlm_tokenizer_config) = {
#embed "minivlm/tokenizer_config.json"
};

FILE_BYTES(stdlib_core) = {
#embed "../../stdlib/core.steer"
};
FILE_BYTES(stdlib_tensors) = {
#embed "../../stdlib/tensors.steer"
};
FILE_BYTES(stdlib_models) = {
#embed "../../stdlib/models.steer"
};
FILE_BYTES(stdlib_steering) = {
#embed "../../stdlib/steering.steer"
};
FILE_BYTES(stdlib_weights) = {
#embed "../../stdlib/weights.steer"
};
FILE_BYTES(stdlib_prompts) = {
#embed "../../stdlib/prompts.steer"
};
FILE_BYTES(stdlib_diagnostics) = {
#embed "../../stdlib/diagnostics.steer"
};
FILE_BYTES(stdlib_preference) = {
#embed "../../stdlib/preference.steer"
};
FILE_BYTES(stdlib_scenes) = {
#embed "../../stdlib/scenes.steer"
};
FILE_BYTES(stdlib_figures) = {
#embed "../../stdlib/figures.steer"
};
FILE_BYTES(stdlib_training) = {
#embed "../../stdlib/training.steer"
};
FILE_BYTES(stdlib_fitting) = {
#embed "../../stdlib/fitting.steer"
};
FILE_BYTES(stdlib_experiments) = {
#embed "../../stdlib/experiments.steer"
};
FILE_BYTES(stdlib_runs) = {
#embed "../../stdlib/runs.steer"
};

FILE_BYTES(stdlib_data) = {
#embed "../../stdlib/data.steer"
};
FILE_BYTES(stdlib_benchmarks) = {
#embed "../../stdlib/benchmarks.steer"
};

#define ENTRY(folder, name, identifier) {folder, name, identifier, sizeof identifier}

static const steersh_embedded_file files[] = {
    ENTRY("stdlib", "core.steer", stdlib_core),
    ENTRY("stdlib", "tensors.steer", stdlib_tensors),
    ENTRY("stdlib", "models.steer", stdlib_models),
    ENTRY("stdlib", "steering.steer", stdlib_steering),
    ENTRY("stdlib", "weights.steer", stdlib_weights),
    ENTRY("stdlib", "prompts.steer", stdlib_prompts),
    ENTRY("stdlib", "diagnostics.steer", stdlib_diagnostics),
    ENTRY("stdlib", "scenes.steer", stdlib_scenes),
    ENTRY("stdlib", "preference.steer", stdlib_preference),
    ENTRY("stdlib", "figures.steer", stdlib_figures),
    ENTRY("stdlib", "training.steer", stdlib_training),
    ENTRY("stdlib", "fitting.steer", stdlib_fitting),
    ENTRY("stdlib", "experiments.steer", stdlib_experiments),
    ENTRY("stdlib", "runs.steer", stdlib_runs),
    ENTRY("stdlib", "data.steer", stdlib_data),
    ENTRY("stdlib", "benchmarks.steer", stdlib_benchmarks),
    ENTRY("minivlm", "config.json", minivlm_config),
    ENTRY("minivlm", "generation_config.json", minivlm_generation),
    ENTRY("minivlm", "model.safetensors", minivlm_weights),
    ENTRY("minivlm", "processor_config.json", minivlm_processor),
    ENTRY("minivlm", "tokenizer.json", minivlm_tokenizer),
    ENTRY("minivlm", "tokenizer_config.json", minivlm_tokenizer_config),
};

const steersh_embedded_file *steersh_embedded_files(size_t *count) {
  *count = sizeof files / sizeof files[0];
  return files;
}
