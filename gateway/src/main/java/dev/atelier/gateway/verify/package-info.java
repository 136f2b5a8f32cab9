/**
 * Verification of ai-toolkit training jobs: reads a job folder, maps every sample in it to the request that reproduces
 * it, and compares the generated image with the sample's file. Knows no HTTP.
 */
@NullMarked
package dev.atelier.gateway.verify;

import org.jspecify.annotations.NullMarked;
