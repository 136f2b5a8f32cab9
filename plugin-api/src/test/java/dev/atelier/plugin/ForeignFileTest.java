package dev.atelier.plugin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ForeignFileTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "``|is empty",
                "`version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 324\n`|is a Git LFS pointer in place of the file of 324 bytes",
                "`version https://git-lfs.github.com/spec/v1\n`|is a Git LFS pointer in place of the file;",
                "`\n <!DOCTYPE html><html>`|is a web page (HTML)",
                "`\u00ef\u00bb\u00bf<html lang=\"en\">`|is a web page (HTML)",
                "`{\"error\":\"Unauthorized\"}`|is a JSON document",
                "`[{\"error\": 1}]`|is a JSON document",
                "`<?xml version=\"1.0\"?><Error/>`|is an XML document",
                "`GGUF\3\0\0\0\1\0\0\0`|is a GGUF file",
                "`\u0080\2\u008a\nl\u00fc\u009cF\u00f9 jP`|is a pickle (.pt, .bin, .ckpt)",
                "`\u0080\5\u0095 more of it`|is a pickle (.pt, .bin, .ckpt)",
                "`\u0089PNG\r\n\u001a\n1234`|is a PNG image",
                "`\u001f\u008b\b\0\0\0\0\0\0\0`|is a gzip archive",
                "`Just some words.`|is a text file"
            })
    void whatAFileIsIsToldByItsBeginning(String content, String expected) throws IOException {
        Path file = write(content.getBytes(StandardCharsets.ISO_8859_1));
        String told = ForeignFile.describe(file).orElse("");
        assertTrue(told.startsWith(expected), told);
    }

    @Test
    void aPickleInAZipIsToldFromAnyOtherZipWhereverItLies() throws IOException {
        assertTrue(zip("archive/data.pkl").startsWith("is a pickle in a zip archive"));
        assertTrue(zip("archive/a-very-large-entry", "archive/data.pkl").startsWith("is a pickle in a zip archive"));
        assertTrue(zip("weights.safetensors").startsWith("is a zip archive, not a safetensors file"));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 0x4b50, 0x0280, 0x8b1f, 100_000_000})
    void aHeaderMayHaveAnyLengthThatOtherFilesBeginWith(int length) throws IOException {
        byte[] content = new byte[100];
        ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).putLong(length).put((byte) '{');
        assertEquals(Optional.empty(), ForeignFile.describe(write(content)));
        assertEquals(Optional.empty(), ForeignFile.describe(content));
    }

    @Test
    void ofAFewBytesOfALongerFileNothingIsTold() {
        for (String begin : new String[] {"", "{", "<html", "PK\3\4", "\u0080\2\0\0\0\0\0\0"}) {
            assertEquals(Optional.empty(), ForeignFile.describe(begin.getBytes(StandardCharsets.ISO_8859_1)), begin);
        }
    }

    @Test
    void binaryContentOfNoKnownKindMayBeAnything() throws IOException {
        byte[] content = new byte[5000];
        Arrays.fill(content, (byte) 0xff);
        assertEquals(Optional.empty(), ForeignFile.describe(write(content)));
    }

    private String zip(String... entries) throws IOException {
        Path file = folder.resolve("file.zip");
        try (OutputStream out = Files.newOutputStream(file);
                ZipOutputStream zip = new ZipOutputStream(out)) {
            for (String entry : entries) {
                zip.putNextEntry(new ZipEntry(entry));
                byte[] noise = new byte[20_000];
                new Random(1).nextBytes(noise);
                zip.write(noise);
                zip.closeEntry();
            }
        }
        return ForeignFile.describe(file).orElse("");
    }

    private Path write(byte[] content) throws IOException {
        return Files.write(folder.resolve("file"), content);
    }
}
