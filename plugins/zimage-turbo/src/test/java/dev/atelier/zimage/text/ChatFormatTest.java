package dev.atelier.zimage.text;

import static dev.atelier.zimage.Failures.message;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import dev.atelier.zimage.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A checkpoint whose chat template gives another text than the one that is applied is not opened. */
class ChatFormatTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Written like Qwen3's: what a template does with tools, system prompts and assistants is never reached. */
    private static final String LONG = """
            {%- if tools %}
                {{- '<|im_start|>system\\n' }}
                {%- for tool in tools %}
                    {{- tool | tojson(indent=2) }}
                {%- endfor %}
            {%- else %}
                {%- if messages[0].role == 'system' %}
                    {{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
                {%- endif %}
            {%- endif %}
            {%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}
            {%- for message in messages[::-1] %}
                {%- set index = (messages|length - 1) - loop.index0 %}
                {%- set opening = "<tool_response>" %}
                {%- set begin = message.content[:opening|length] %}
                {%- if ns.multi_step_tool and message.role == "user" and message.content is string and not(begin == opening and message.content.endswith('</tool_response>')) %}
                    {%- set ns.multi_step_tool = false %}
                    {%- set ns.last_query_index = index %}
                {%- endif %}
            {%- endfor %}
            {%- for message in messages %}
                {%- set content = message.content if message.content is string else '' %}
                {%- if (message.role == "user") or (message.role == "system" and not loop.first) %}
                    {{- '<|im_start|>' + message.role + '\\n' + content + '<|im_end|>' + '\\n' }}
                {%- elif message.role == "assistant" %}
                    {%- set reasoning = message.content.split('</think>')[0].rstrip('\\n') %}
                    {{- raise_exception('never') }}
                {%- endif %}
            {%- endfor %}
            {%- if add_generation_prompt %}
                {{- '<|im_start|>assistant\\n' }}
                {%- if enable_thinking is defined and enable_thinking is false %}
                    {{- '<think>\\n\\n</think>\\n\\n' }}
                {%- endif %}
            {%- endif %}
            """;

    @TempDir
    private Path folder;

    @Test
    void theDemosTemplateAndALongOneGiveTheTextThatIsApplied() throws IOException {
        assertDoesNotThrow(() -> ChatFormat.check(Golden.DEMO.resolve("tokenizer")));
        config(LONG);
        assertDoesNotThrow(() -> ChatFormat.check(folder));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
                        + "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}\n",
                "{%- for m in messages -%}\n  {{- '<|im_start|>' ~ m.role ~ '\\n' ~ m.get('content') -}}\n"
                        + "  <|im_end|>{{ '\\n' }}\n{%- endfor -%}\n{{- '<|im_start|>assistant\\n' }}",
                "{# a comment #}\n<|im_start|>user\n{{ messages[0].content }}<|im_end|>\n<|im_start|>assistant\n\n"
            })
    void theSameTextMayBeWrittenInOtherWays(String template) throws IOException {
        Files.writeString(folder.resolve("chat_template.jinja"), template);
        assertDoesNotThrow(() -> ChatFormat.check(folder));
    }

    @Test
    void aCheckpointWithoutATemplateGetsOurs() throws IOException {
        assertDoesNotThrow(() -> ChatFormat.check(folder));
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"chat_template\": null}");
        assertDoesNotThrow(() -> ChatFormat.check(folder));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "You are Qwen.<|im_start|>user\n{{ messages[0].content }}<|im_end|>\n<|im_start|>assistant\n\n",
                "<|im_start|>user\n{{ messages[0].content }}<|im_end|>\n<|im_start|>assistant\n<think>\n",
                "<|im_start|>human\n{{ messages[0].content }}<|im_end|>\n<|im_start|>assistant\n\n",
                "<|im_start|>user\n{{ messages[0].content | trim }}<|im_end|>\n<|im_start|>assistant\n\n",
                "<|im_start|>user\n{{ messages[0].content }}<|im_end|>\n",
                "{% for m in messages %}[INST] {{ m.content }} [/INST]{% endfor %}",
                "",
                "{{ messages[0].content }",
                "{{ raise_exception('no') }}",
                "{% if messages %}",
                "{% macro x() %}{% endmacro %}{{ x() }}",
                "{{ ((((((((((((((((((((((((((((((((((((((((((((((((((((1)))))))))))))))))))))))))))))))))))))))))))))))))))) }}"
            })
    void anotherTextIsRefusedWithBoth(String template) throws IOException {
        config(template);
        PipelineException failure = assertThrows(PipelineException.class, () -> ChatFormat.check(folder));
        assertEquals(ErrorCode.CHECKPOINT_INVALID, failure.code());
        assertTrue(
                message(failure)
                        .startsWith(folder.resolve("tokenizer_config.json")
                                + ": chat_template: must give '<|im_start|>user\\n"),
                message(failure));
    }

    @Test
    void theFileOfItsOwnComesBeforeTheConfig() throws IOException {
        config(LONG);
        Files.writeString(folder.resolve("chat_template.jinja"), "{{ messages[0].content }}");
        PipelineException failure = assertThrows(PipelineException.class, () -> ChatFormat.check(folder));
        assertTrue(
                message(failure).startsWith(folder.resolve("chat_template.jinja") + ": must give"), message(failure));
    }

    @Test
    void ofSeveralTemplatesTheDefaultOneCounts() throws IOException {
        ObjectNode config = JSON.createObjectNode();
        config.withArray("/chat_template").addObject().put("name", "tool_use").put("template", "{{ x() }}");
        write(config);
        assertThrows(PipelineException.class, () -> ChatFormat.check(folder));
        config.withArray("/chat_template").addObject().put("name", "default").put("template", LONG);
        write(config);
        assertDoesNotThrow(() -> ChatFormat.check(folder));
    }

    @Test
    void aTokenizerOfAnotherFormatIsNotOpened() throws IOException {
        Files.copy(Golden.DEMO.resolve("tokenizer/tokenizer.json"), folder.resolve("tokenizer.json"));
        config("{{ messages[0].content }}");
        PipelineException failure = assertThrows(PipelineException.class, () -> ChatTokenizer.open(folder, 512));
        assertEquals(ErrorCode.CHECKPOINT_INVALID, failure.code());
    }

    private void config(String template) throws IOException {
        write(JSON.createObjectNode().put("chat_template", template));
    }

    private void write(ObjectNode config) throws IOException {
        JSON.writeValue(folder.resolve("tokenizer_config.json").toFile(), config);
    }
}
