/** Authors ONNX graphs in memory. Knows no model. */
@NullMarked
package dev.atelier.zimage.onnx;

import org.jspecify.annotations.NullMarked;
