/** End-to-end benchmarks: seconds per stage and peak memory of a pipeline, beside another program's where wanted. */
@NullMarked
package dev.atelier.bench;

import org.jspecify.annotations.NullMarked;
