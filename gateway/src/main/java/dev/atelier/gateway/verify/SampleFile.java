package dev.atelier.gateway.verify;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A preview that the trainer saved, {@code TIME__STEP_INDEX.EXTENSION}.
 *
 * @param file the image
 * @param millis when it was saved, in milliseconds since 1970
 * @param step the training step
 * @param index the item of the {@code sample} section
 */
public record SampleFile(Path file, long millis, long step, int index) {
    /** By step, then by index, the oldest first. */
    static final Comparator<SampleFile> ORDER = Comparator.comparingLong(SampleFile::step)
            .thenComparingInt(SampleFile::index)
            .thenComparingLong(SampleFile::millis);

    private static final Pattern NAME = Pattern.compile(
            "([0-9]{1,18})__([0-9]{1,18})_([0-9]{1,9})\\.(jpg|jpeg|png|webp)", Pattern.CASE_INSENSITIVE);

    /** Returns the sample that a file's name describes; empty where the name is another. */
    static Optional<SampleFile> of(Path file) {
        Matcher name = NAME.matcher(String.valueOf(file.getFileName()));
        return name.matches()
                ? Optional.of(new SampleFile(
                        file,
                        Long.parseLong(name.group(1)),
                        Long.parseLong(name.group(2)),
                        Integer.parseInt(name.group(3))))
                : Optional.empty();
    }

    /** Returns the file's name without its folder. */
    public String name() {
        return String.valueOf(file.getFileName());
    }
}
