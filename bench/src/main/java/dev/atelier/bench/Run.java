package dev.atelier.bench;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * What one image took.
 *
 * @param threads of an operator on the CPU
 * @param parameters of the transformer
 * @param width in pixels
 * @param height in pixels
 * @param steps denoising steps
 * @param guidance scale
 * @param loadS opening the checkpoint, seconds
 * @param textEncodeS seconds
 * @param stepS the median step, seconds
 * @param vaeDecodeS seconds
 * @param imageS all of the image, seconds
 * @param peakRssMb the process's largest resident size so far, in MiB; 0 where the system does not tell
 */
record Run(
        @JsonProperty("threads") int threads,
        @JsonProperty("parameters") long parameters,
        @JsonProperty("width") int width,
        @JsonProperty("height") int height,
        @JsonProperty("steps") int steps,
        @JsonProperty("guidance") double guidance,
        @JsonProperty("load_s") double loadS,
        @JsonProperty("text_encode_s") double textEncodeS,
        @JsonProperty("step_s") double stepS,
        @JsonProperty("vae_decode_s") double vaeDecodeS,
        @JsonProperty("image_s") double imageS,
        @JsonProperty("peak_rss_mb") long peakRssMb) {}
