package dev.atelier.gateway.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.generator.ImageGenerator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Changes one thing in a copy of the public job and expects the verdict that names it. Verifies step 500. */
class MutatedJobIT {
    private static ImageGenerator generator;

    @TempDir
    Path folder;

    private JobFolder job;

    @BeforeAll
    static void start() throws IOException {
        generator = DemoGenerator.start();
    }

    @AfterAll
    static void close() {
        generator.close();
    }

    @BeforeEach
    void copy() {
        job = JobFolder.copy(folder);
    }

    private VerifyReport verify() {
        return verify(500);
    }

    private VerifyReport verify(long step) {
        return new JobVerifier(TrainingJob.read(job.folder()), generator, JobFolder.SILENT)
                .verify(sample -> sample.step() == step);
    }

    private static Map<Integer, String> verdicts(VerifyReport report) {
        return report.images().stream()
                .collect(Collectors.toMap(
                        image -> image.sample().index(),
                        image -> image.verdict().id()));
    }

    private void assertDiffering(Integer... indexes) {
        VerifyReport report = verify();
        assertEquals(
                Arrays.stream(new Integer[] {0, 1, 2, 3})
                        .collect(Collectors.toMap(
                                index -> index, index -> List.of(indexes).contains(index) ? "differs" : "match")),
                verdicts(report));
        assertEquals(indexes.length == 0, report.ok());
    }

    private List<String> differences() {
        return Differences.of(TrainingJob.read(job.folder()), "float32").stream()
                .map(Difference::name)
                .toList();
    }

    private TrainingJobException refused() {
        return assertThrows(TrainingJobException.class, () -> TrainingJob.read(job.folder()));
    }

    @Test
    void anotherSeedDiffersWhereItIsWalked() {
        job.replace("seed: 42", "seed: 43");
        assertDiffering(0, 3);
    }

    @Test
    void aMultiplierOfNineTenthsDiffers() {
        job.replace("sample_steps: 8\n", "sample_steps: 8\n      network_multiplier: 0.9\n");
        assertDiffering(0, 1, 2, 3);
    }

    @Test
    void anotherSizeDiffersAndIsNotResized() {
        job.replace("width: 256\n      height: 256\n      samples", "width: 256\n      height: 192\n      samples");
        assertDiffering(0, 3);
        VerifiedImage first = verify().images().get(0);
        assertTrue(first.reasons().get(0).startsWith("size: "), first.reasons().toString());
    }

    @Test
    void twoStepsLessDiffer() {
        job.replace("sample_steps: 8", "sample_steps: 6");
        assertDiffering(0, 3);
    }

    @Test
    void anotherPromptDiffers() {
        job.replace("a photo of a person'", "a photo of a dog'");
        assertDiffering(0);
    }

    @Test
    void anotherGuidanceDiffers() {
        job.replace("guidance_scale: 2.5", "guidance_scale: 3.5");
        assertDiffering(0, 3);
    }

    @Test
    void anotherNegativePromptDiffers() {
        job.replace("neg: a red circle", "neg: a person with a hat");
        assertDiffering(2);
    }

    @Test
    void anotherTriggerWordDiffersWhereItIsUsed() {
        job.replace("trigger_word: sks", "trigger_word: ohwx");
        assertDiffering(0, 1, 2);
    }

    @Test
    void exchangedSampleFilesDiffer() throws IOException {
        Path first = job.sample("1764231191763__000000500_0.jpg");
        Path last = job.sample("1764231201210__000000500_3.jpg");
        Path aside = folder.resolve("aside.jpg");
        Files.move(first, aside);
        Files.move(last, first);
        Files.move(aside, last);
        assertDiffering(0, 3);
    }

    @Test
    void anAdapterOfAnotherStepDiffersAndIsNamed() throws IOException {
        Files.copy(
                job.file("sks_person.safetensors"),
                job.file("sks_person_000000500.safetensors"),
                StandardCopyOption.REPLACE_EXISTING);
        VerifyReport report = verify();
        assertEquals("differs", report.images().get(0).verdict().id());
        assertTrue(report.images().get(0).reasons().stream().anyMatch(reason -> reason.startsWith("adapter-step")));
    }

    @Test
    void aRenamedAdapterIsFoundByItsMetadata() throws IOException {
        Files.move(job.file("sks_person_000000500.safetensors"), job.file("my favourite.safetensors"));
        assertDiffering();
    }

    @Test
    void aMissingAdapterIsNamedAndNotReplaced() throws IOException {
        Files.delete(job.file("sks_person_000000500.safetensors"));
        VerifyReport report = verify();
        assertEquals(
                Map.of(0, "no-checkpoint", 1, "no-checkpoint", 2, "no-checkpoint", 3, "no-checkpoint"),
                verdicts(report));
        assertTrue(report.ok());
        assertEquals(
                List.of("sample-without-checkpoint"), report.images().get(0).reasons());
    }

    @Test
    void aTruncatedJpegDiffersAndSaysDamaged() throws IOException {
        Path file = job.sample("1764231191763__000000500_0.jpg");
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
        assertDiffering(0);
        assertTrue(verify().images().get(0).reasons().get(0).startsWith("damaged-file"));
    }

    @Test
    void aFileThatIsNoImageDiffersAndSaysDamaged() throws IOException {
        Files.writeString(job.sample("1764231191763__000000500_0.jpg"), "not an image");
        assertDiffering(0);
    }

    @Test
    void ofTwoSamplesWithOneStepAndIndexTheNewestCounts() throws IOException {
        Files.copy(job.sample("1764231204337__000001000_0.jpg"), job.sample("1764231190000__000000500_0.jpg"));
        VerifyReport report = verify();
        assertEquals(
                List.of("superseded", "match", "match", "match", "match"),
                report.images().stream().map(image -> image.verdict().id()).toList());
    }

    @Test
    void anUnknownArchitectureIsRefused() {
        job.replace("arch: zimage:turbo", "arch: flux");
        assertEquals(TrainingJobException.UNSUPPORTED_ARCH, refused().code());
    }

    @Test
    void aHandWrittenArchWithTheTurboRepositoryIsTurbo() {
        job.replace("arch: zimage:turbo", "arch: zimage");
        assertEquals("zimage_turbo", TrainingJob.read(folder).modelId());
    }

    @Test
    void withoutWalkingAnItemsSeedIsCarriedOn() {
        job.replace("walk_seed: true", "walk_seed: false");
        assertDiffering(3);
        assertEquals(7, TrainingJob.read(folder).samples().get(3).seed());
    }

    @Test
    void anUnknownFlagIsDroppedWithItsText() {
        job.replace("on a white background", "on a white background --x a dog --");
        assertDiffering();
    }

    @Test
    void aFlagThatIsNoNumberIsRefused() {
        job.replace("--w 264", "--w 264.0");
        assertEquals(TrainingJobException.INVALID_CONFIG, refused().code());
    }

    @Test
    void anItemWithoutPromptIsRefused() {
        job.replace("prompt: '[trigger] a photo of a person'", "prompt: null");
        assertEquals(TrainingJobException.INVALID_CONFIG, refused().code());
    }

    @Test
    void aNetworkOfAnotherKindIsRefused() {
        job.replace("type: lora\n", "type: locon\n");
        assertEquals(TrainingJobException.UNSUPPORTED_NETWORK, refused().code());
    }

    @Test
    void aRandomSeedIsListedAndNotScored() {
        job.replace("seed: 42", "seed: -1");
        VerifyReport report = verify();
        assertEquals("random-seed", report.images().get(0).verdict().id());
        assertEquals(2, TrainingJob.read(folder).samples().get(3).seed());
    }

    @Test
    void quantisationIsNamedAndTheAdapterStaysUnmerged() {
        assertFalse(differences().contains("adapter-unmerged"));
        job.replace("quantize: false", "quantize: true").replace("quantize_te: false", "quantize_te: true");
        assertTrue(differences()
                .containsAll(List.of("quantized-transformer", "quantized-text-encoder", "adapter-unmerged")));
    }

    @Test
    void differentMultipliersKeepTheAdapterUnmerged() {
        job.replace("--d 1234", "--d 1234 --m 0.5");
        assertTrue(differences().contains("adapter-unmerged"));
        assertDiffering(1);
    }

    @Test
    void theTrainingAdapterAndTheTypeAreNamed() {
        job.replace("dtype: fp32", "dtype: bf16")
                .replace("      arch:", "      assistant_lora_path: ostris/some/file.safetensors\n      arch:");
        assertTrue(differences().containsAll(List.of("training-adapter", "compute-dtype", "merge-drift")));
    }

    @Test
    void aLocalBaseModelIsNamed() {
        job.replace("name_or_path: Tongyi-MAI/Z-Image-Turbo", "name_or_path: /models/mine");
        assertTrue(differences().contains("base-not-checked"));
    }

    @Test
    void aFolderWithoutConfigIsRefused() throws IOException {
        Files.delete(job.file("config.yaml"));
        assertEquals(TrainingJobException.NOT_A_JOB, refused().code());
    }
}
