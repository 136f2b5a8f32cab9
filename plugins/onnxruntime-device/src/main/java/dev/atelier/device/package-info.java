/** Prepares ONNX Runtime for the process and tells which devices it can use. */
@NullMarked
package dev.atelier.device;

import org.jspecify.annotations.NullMarked;
