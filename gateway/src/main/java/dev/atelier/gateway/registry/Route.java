package dev.atelier.gateway.registry;

import dev.atelier.plugin.PipelineDescriptor;
import dev.atelier.plugin.TextToImagePlugin;

/**
 * Where the requests for a model go.
 *
 * @param pluginId the plugin that declares it
 * @param plugin what opens it
 * @param descriptor what it is
 * @param generation what its classes belong to
 */
record Route(String pluginId, TextToImagePlugin plugin, PipelineDescriptor descriptor, StartedGeneration generation) {}
