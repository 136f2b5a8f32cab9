package dev.atelier.zimage.schedule;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.atelier.zimage.Golden;
import dev.atelier.zimage.checkpoint.Config;
import dev.atelier.zimage.schedule.SchedulerConfig.DynamicShift;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FlowMatchEulerSchedulerTest {
    private static final SchedulerConfig DEMO =
            SchedulerConfig.read(Config.open(Golden.DEMO.resolve("scheduler/scheduler_config.json")));

    @TestFactory
    Stream<DynamicTest> theLevelsOfEveryGoldenImageAreEqualToTheLastBit() {
        return Golden.images().stream()
                .map(image -> DynamicTest.dynamicTest(image.toString(), () -> {
                    Schedule schedule = scheduleOf(image);
                    assertArrayEquals(image.floats("sigmas"), floats(schedule.sigmas()), 0f);
                    float[] timesteps = new float[schedule.steps()];
                    for (int i = 0; i < timesteps.length; i++) {
                        timesteps[i] = schedule.timestep(i);
                    }
                    assertArrayEquals(image.floats("timesteps"), timesteps, 0f);
                }));
    }

    @TestFactory
    Stream<DynamicTest> theDrawnStepsAccountForTheEvaluationsOfEveryGoldenImage() {
        return Golden.images().stream()
                .map(image -> DynamicTest.dynamicTest(image.toString(), () -> {
                    int passes = image.expected().get("guidance").doubleValue() > 0 ? 2 : 1;
                    assertEquals(
                            image.expected().get("evaluations").intValue(),
                            passes * scheduleOf(image).drawnSteps());
                }));
    }

    @Test
    void aStepTurnsTheRecordedLatentsIntoTheNext() {
        Golden.Image image = new Golden.Case("base-stages").images().get(0);
        Schedule schedule = scheduleOf(image);
        float guidance = (float) image.expected().get("guidance").doubleValue();
        float[] latents = image.floats("initial_latents");
        for (int step = 0; step < schedule.drawnSteps(); step++) {
            float[] positive = image.floats("step." + step + ".positive");
            float[] negative = image.floats("step." + step + ".negative");
            float[] velocity = new float[latents.length];
            for (int i = 0; i < velocity.length; i++) {
                velocity[i] = -(positive[i] + guidance * (positive[i] - negative[i]));
            }
            schedule.step(step, latents, velocity);
            assertArrayEquals(image.floats("step." + step + ".latents"), latents, 0f, "step " + step);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 8, 30, 149, 150})
    void unshiftedLevelsFallEvenlyFromOneToTheLastStep(int steps) {
        Schedule schedule = new FlowMatchEulerScheduler(DEMO.withStaticShift(1))
                .schedule(steps, SigmaSpacing.DOWN_TO_LAST_STEP, 256);
        assertEquals(steps + 1, schedule.sigmas().size());
        for (int i = 0; i < steps; i++) {
            assertEquals((double) (steps - i) / steps, schedule.sigmas().get(i), 1e-7);
        }
        assertEquals(0f, schedule.sigmas().get(steps));
        assertEquals(steps, schedule.drawnSteps());
    }

    @Test
    void theLastOfSeveralLegacyStepsIsNotDrawn() {
        FlowMatchEulerScheduler scheduler = new FlowMatchEulerScheduler(DEMO);
        assertEquals(1, scheduler.schedule(1, SigmaSpacing.DOWN_TO_ZERO, 256).drawnSteps());
        assertEquals(1, scheduler.schedule(2, SigmaSpacing.DOWN_TO_ZERO, 256).drawnSteps());
        assertEquals(
                149, scheduler.schedule(150, SigmaSpacing.DOWN_TO_ZERO, 256).drawnSteps());
        assertEquals(
                List.of(1f, 0f),
                scheduler.schedule(1, SigmaSpacing.DOWN_TO_ZERO, 256).sigmas());
    }

    @Test
    void aDynamicShiftIsTheBaseAndTheLargestOneAtTheirLengths() {
        SchedulerConfig dynamic = new SchedulerConfig(1000, 99, Optional.of(new DynamicShift(0.5, 1.15, 256, 4096)));
        FlowMatchEulerScheduler scheduler = new FlowMatchEulerScheduler(dynamic);
        for (SigmaSpacing spacing : SigmaSpacing.values()) {
            // At level 1/2 the shifted level is e^mu / (e^mu + 1).
            int middle = spacing == SigmaSpacing.DOWN_TO_ZERO ? 3 : 2;
            assertEquals(
                    1 / (1 + Math.exp(-0.5)),
                    scheduler.schedule(middle, spacing, 256).sigmas().get(1),
                    1e-7);
            assertEquals(
                    1 / (1 + Math.exp(-1.15)),
                    scheduler.schedule(middle, spacing, 4096).sigmas().get(1),
                    1e-7);
        }
        assertEquals(
                0f,
                scheduler.schedule(3, SigmaSpacing.DOWN_TO_ZERO, 256).sigmas().get(2));
    }

    @Test
    void theModelsTimeIsRoundedAtEachOperation() {
        Schedule schedule = new Schedule(List.of(1f, 0.9f, 0f), 1000);
        assertEquals(0f, schedule.modelTime(0));
        // 0.9f lies below 0.9, but times 1000 it rounds to 900; 1 - 0.9f would be 0.10000002.
        assertEquals(900f, schedule.timestep(1));
        assertEquals(0.1f, schedule.modelTime(1));
    }

    @Test
    void refusesNoSteps() {
        FlowMatchEulerScheduler scheduler = new FlowMatchEulerScheduler(DEMO);
        assertThrows(IllegalArgumentException.class, () -> scheduler.schedule(0, SigmaSpacing.DOWN_TO_LAST_STEP, 256));
    }

    private static Schedule scheduleOf(Golden.Image image) {
        String name = image.of().name();
        boolean legacy = name.equals("profile-legacy");
        boolean forced =
                name.startsWith("profile-preview") || name.startsWith("zimage-") || name.startsWith("deturbo-");
        long[] latents = image.shape("initial_latents");
        return new FlowMatchEulerScheduler(forced ? DEMO.withStaticShift(3.0) : DEMO)
                .schedule(
                        image.expected().get("steps").intValue(),
                        legacy ? SigmaSpacing.DOWN_TO_ZERO : SigmaSpacing.DOWN_TO_LAST_STEP,
                        (int) (latents[2] / 2 * latents[3] / 2));
    }

    private static float[] floats(List<Float> values) {
        float[] array = new float[values.size()];
        IntStream.range(0, array.length).forEach(i -> array[i] = values.get(i));
        return array;
    }
}
