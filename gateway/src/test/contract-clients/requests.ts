// Requests that clients of the reference server send. They compile only while every field that has a default may be
// left out and every field that the reference requires must be there.
import type { components } from "./api.js";

export type InferenceRequest = components["schemas"]["InferenceRequest"];

/** The smallest request that the reference server accepts. */
export const minimal: InferenceRequest = {
  model: "zimage_turbo",
  loras: [{ path: "my_lora_job/my_lora.safetensors" }],
  prompts: [{ prompt: "a photo of a person" }],
};

/** The request of the reference's documentation. */
export const documented: InferenceRequest = {
  model: "zimage_turbo",
  trigger_word: "sks",
  prompts: [
    {
      prompt: "[trigger] a photo of a person",
      width: 1024,
      height: 1024,
      seed: 42,
      sample_steps: 8,
      guidance_scale: 1.0,
      neg: "",
    },
  ],
  loras: [{ path: "my_lora_job/my_lora.safetensors", network_multiplier: 1.0 }],
};

/** Null stands for absence. */
export const withNulls: InferenceRequest = {
  model: "zimage_turbo",
  trigger_word: null,
  hf_token: null,
  loras: [{ path: "my_lora_job/my_lora.safetensors", transformer: null, network_multiplier: null }],
  prompts: [{ prompt: "a photo of a person", neg: null, width: null, seed: null, ctrl_img: null }],
};

// @ts-expect-error a request names its model
export const withoutModel: InferenceRequest = { loras: [], prompts: [{ prompt: "" }] };

// @ts-expect-error a request has prompts
export const withoutPrompts: InferenceRequest = { model: "zimage_turbo", loras: [] };

// @ts-expect-error an adapter has a path
export const withoutPath: InferenceRequest = { model: "zimage_turbo", loras: [{}], prompts: [{ prompt: "" }] };

// @ts-expect-error a width is a number
export const widthInWords: InferenceRequest = { model: "zimage_turbo", loras: [], prompts: [{ prompt: "", width: "wide" }] };
