/**
 * The contract between the gateway and its plugins, as tests that every plugin runs on itself:
 *
 * <pre>{@code
 * @TestFactory
 * Stream<DynamicTest> keepsTheContract() {
 *     return PluginContract.of(subject);
 * }
 * }</pre>
 */
@NullMarked
package dev.atelier.testkit;

import org.jspecify.annotations.NullMarked;
