package dev.atelier.gateway.adapter.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CachedNameTest {
    // the digits come from md5sum
    @ParameterizedTest
    @CsvSource({
        "https://example.org/loras/my_lora.safetensors, my_lora_98208a41f3317707.safetensors",
        "https://example.org/a.safetensors?token=1&x=2, a_482b19645ed4143e.safetensors",
        "https://example.org/noextension, noextension_f989a26918efa502.safetensors",
        "https://example.org/folder/, lora_67577a7781babd65_67577a7781babd65.safetensors",
        "https://example.org, lora_5564fd6a95028f02_5564fd6a95028f02.safetensors",
        "https://example.org/a.b.pt, a.b_7a152d3d0c741956.pt",
        "https://example.org/%E2%82%AC%20x.safetensors, %E2%82%AC%20x_8293cef3fa78e451.safetensors",
        "https://example.org/.hidden, _hidden_ef418e4cefc02c81.safetensors"
    })
    void isTheReferencesName(String url, String name) {
        assertEquals(name, CachedName.of(url, null));
        assertTrue(CachedName.isCached(name));
    }

    @Test
    void isAnotherForAnotherToken() {
        String url = "https://example.org/a.safetensors";

        assertNotEquals(CachedName.of(url, null), CachedName.of(url, "one"));
        assertNotEquals(CachedName.of(url, "one"), CachedName.of(url, "two"));
        assertFalse(CachedName.of(url, "one").contains("one"));
    }

    @Test
    void isSafeAndShortWhateverTheUrlHolds() {
        for (String file :
                new String[] {"..", "...", "a".repeat(5000), "x." + "e".repeat(500), "a:b|c*", "\u00e4", "-rf"}) {
            String name = CachedName.of("https://example.org/" + file, null);

            assertTrue(name.matches("[A-Za-z0-9_%~+=,@-][A-Za-z0-9._%~+=,@-]{0,160}"), name);
            assertTrue(CachedName.isCached(name), name);
        }
    }

    @Test
    void knowsFilesThatAreNotTheCaches() {
        for (String file :
                new String[] {"my_lora.safetensors", ".locks", "notes.txt", ".x_98208a41f3317707.safetensors"}) {
            assertFalse(CachedName.isCached(file), file);
            assertFalse(CachedName.isPartial(file), file);
        }
        assertTrue(CachedName.isPartial(".a_98208a41f3317707.safetensors.123e4567-e89b-12d3-a456-426614174000.part"));
    }
}
