package dev.atelier.gateway.job;

import org.jspecify.annotations.Nullable;

/**
 * How far the drawing of a job is.
 *
 * @param image the index of the picture that is drawn, from 0
 * @param images how many pictures the job has
 * @param stage what is done for it, such as {@code denoise}
 * @param step the last denoising step that ended; 0 before the first
 * @param steps how many steps this picture takes
 * @param etaSeconds how long the job will still take; null while nothing tells
 */
public record JobProgress(
        int image,
        int images,
        String stage,
        int step,
        int steps,
        @Nullable Double etaSeconds) {}
