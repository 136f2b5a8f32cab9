package dev.atelier.plugin;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class ComponentSourceTest {
    @Test
    void takesWhatTheHubCallsRepositoriesAndRevisions() {
        assertDoesNotThrow(() -> new ComponentSource("Tongyi-MAI/Z-Image-Turbo", "main", "vae"));
        assertDoesNotThrow(() -> new ComponentSource("org/name_1.5", "refs/pr/1", "split files/vae..old"));
        assertDoesNotThrow(() -> new ComponentSource("org/name", "v1.0", ""));
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(
            strings = {"", "name", "org/", "/name", "org/name/more", "org/..", "../name", "org/na\u0000me", "o g/n"})
    void refusesARepositoryThatIsNone(String repository) {
        assertNamed("repository", () -> new ComponentSource(repository, "main", "vae"));
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", " ", "..", "a/../b", "/main", "ma\u0000in"})
    void refusesARevisionThatIsNone(String revision) {
        assertNamed("revision", () -> new ComponentSource("org/name", revision, "vae"));
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"..", "../vae", "vae/..", "/vae", "a\\b", "va\u0000e"})
    void refusesASubfolderOutsideTheRepository(String subfolder) {
        assertNamed("subfolder", () -> new ComponentSource("org/name", "main", subfolder));
    }

    private static void assertNamed(String field, Runnable action) {
        IllegalArgumentException refused = assertThrows(IllegalArgumentException.class, action::run);
        assertTrue(refused.getMessage().startsWith(field + " must"), refused.getMessage());
    }
}
