package dev.atelier.zimage.image;

import dev.atelier.zimage.checkpoint.Config;
import dev.atelier.zimage.checkpoint.Safetensors;
import java.nio.file.Path;

/** The last layers of a decoder, written out plainly: GroupNorm, SiLU, a 3x3 convolution to red, green and blue. */
final class DecoderTail {
    private static final double EPSILON = 1e-6;

    private final Safetensors weights;
    private final int groups;

    DecoderTail(Path vae) {
        weights = Safetensors.open(vae.resolve("diffusion_pytorch_model.safetensors"));
        groups = Config.open(vae.resolve("config.json")).integer("norm_num_groups");
    }

    float[] decode(float[] state, long[] shape) {
        int channels = (int) shape[1];
        int height = (int) shape[2];
        int width = (int) shape[3];
        double[] active = activate(state, channels, height * width);
        return convolve(active, channels, height, width);
    }

    private double[] activate(float[] state, int channels, int plane) {
        float[] scale = read("conv_norm_out.weight");
        float[] shift = read("conv_norm_out.bias");
        double[] active = new double[state.length];
        int groupSize = channels / groups * plane;
        for (int group = 0; group < groups; group++) {
            double sum = 0;
            double squares = 0;
            for (int i = group * groupSize; i < (group + 1) * groupSize; i++) {
                sum += state[i];
                squares += (double) state[i] * state[i];
            }
            double mean = sum / groupSize;
            double deviation = Math.sqrt(squares / groupSize - mean * mean + EPSILON);
            for (int i = group * groupSize; i < (group + 1) * groupSize; i++) {
                double x = (state[i] - mean) / deviation * scale[i / plane] + shift[i / plane];
                active[i] = x / (1 + Math.exp(-x));
            }
        }
        return active;
    }

    private float[] convolve(double[] input, int channels, int height, int width) {
        float[] kernel = read("conv_out.weight");
        float[] bias = read("conv_out.bias");
        float[] output = new float[bias.length * height * width];
        for (int i = 0; i < output.length; i++) {
            int out = i / (height * width);
            int y = i / width % height;
            int x = i % width;
            double sum = bias[out];
            for (int k = 0; k < channels * 9; k++) {
                int row = y + k % 9 / 3 - 1;
                int column = x + k % 3 - 1;
                if (row >= 0 && row < height && column >= 0 && column < width) {
                    sum += kernel[out * channels * 9 + k] * input[(k / 9 * height + row) * width + column];
                }
            }
            output[i] = (float) sum;
        }
        return output;
    }

    private float[] read(String name) {
        return weights.readFloats(weights.tensor("decoder." + name));
    }
}
