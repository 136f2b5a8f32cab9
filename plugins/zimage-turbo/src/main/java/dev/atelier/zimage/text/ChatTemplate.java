package dev.atelier.zimage.text;

import dev.atelier.zimage.text.TemplateValues.Unsupported;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Renders a chat template as transformers' {@code apply_chat_template} does for one user message, with a generation
 * prompt and thinking enabled. Knows the part of Jinja that this takes: conditions, loops, assignments and output. What
 * is not reached is not understood either, so that a template may do with tools and other roles whatever it likes.
 */
final class ChatTemplate {
    private static final Pattern TAG = Pattern.compile("\\{%.*?%}|\\{\\{.*?}}|\\{#.*?#}", Pattern.DOTALL);
    private static final Pattern FOR = Pattern.compile("for\\s+(\\w+)\\s+in\\s+(.*)", Pattern.DOTALL);
    private static final Pattern SET = Pattern.compile("set\\s+(\\w+)(?:\\.(\\w+))?\\s*=(?!=)\\s*(.*)", Pattern.DOTALL);
    private static final Pattern WORD = Pattern.compile("(\\w+)\\s*(.*)", Pattern.DOTALL);
    private static final Set<String> OPENING = Set.of("if", "for", "macro", "generation", "filter", "call");
    private static final int MOST_STEPS = 10_000;
    private static final int DEEPEST = 50;

    /** A piece of the template: text, output or a statement. */
    private record Piece(Kind kind, String text) {}

    private enum Kind {
        TEXT,
        OUTPUT,
        STATEMENT
    }

    private final List<Piece> pieces = new ArrayList<>();
    private final StringBuilder out = new StringBuilder();
    private int steps;
    private int depth;

    private ChatTemplate(String template) {
        split(template);
    }

    /**
     * Returns the text of a chat with one message of a user.
     *
     * @throws Unsupported when the template is no such template, or does something unusual to get there
     */
    static String render(String template, String prompt) throws Unsupported {
        ChatTemplate chat = new ChatTemplate(template);
        Map<String, Object> variables = new HashMap<>();
        variables.put("messages", List.of(Map.of("role", "user", "content", prompt)));
        variables.put("add_generation_prompt", true);
        variables.put("enable_thinking", true);
        chat.run(0, chat.pieces.size(), variables);
        return chat.out.toString();
    }

    /** As Jinja does with trim_blocks and lstrip_blocks, which transformers sets. */
    private void split(String template) {
        Matcher tag = TAG.matcher(template);
        int from = 0;
        boolean trimNext = false;
        boolean dropNewline = false;
        while (tag.find()) {
            String found = tag.group();
            boolean block = found.charAt(1) != '{';
            String raw = template.substring(from, tag.start());
            String text = leading(raw, trimNext, dropNewline);
            if (found.charAt(2) == '-') {
                text = text.stripTrailing();
            } else if (block && found.charAt(2) != '+') {
                text = withoutIndent(text, from == 0 || dropNewline && raw.startsWith("\n"));
            }
            add(Kind.TEXT, text);
            trimNext = found.charAt(found.length() - 3) == '-';
            dropNewline = block;
            String inner = found.substring(2, found.length() - 2)
                    .replaceFirst("^[-+]", "")
                    .replaceFirst("[-+]$", "");
            if (found.charAt(1) != '#') {
                add(block ? Kind.STATEMENT : Kind.OUTPUT, inner.strip());
            }
            from = tag.end();
        }
        // Jinja drops the template's last newline.
        add(Kind.TEXT, leading(template.substring(from), trimNext, dropNewline).replaceFirst("\n$", ""));
    }

    private static String leading(String text, boolean trim, boolean dropNewline) {
        if (trim) {
            return text.stripLeading();
        }
        return dropNewline && text.startsWith("\n") ? text.substring(1) : text;
    }

    private static String withoutIndent(String text, boolean fromLineStart) {
        int line = text.lastIndexOf('\n') + 1;
        boolean indent = (line > 0 || fromLineStart) && text.substring(line).isBlank();
        return indent ? text.substring(0, line) : text;
    }

    private void add(Kind kind, String text) {
        if (kind != Kind.TEXT || !text.isEmpty()) {
            pieces.add(new Piece(kind, text));
        }
    }

    private void run(int from, int to, Map<String, Object> variables) throws Unsupported {
        depth++;
        for (int at = from; at < to; at++) {
            if (++steps > MOST_STEPS || depth > DEEPEST) {
                throw new Unsupported("so many steps");
            }
            Piece piece = pieces.get(at);
            switch (piece.kind()) {
                case TEXT -> out.append(piece.text());
                case OUTPUT -> out.append(TemplateValues.text(TemplateExpression.value(piece.text(), variables)));
                case STATEMENT -> at = statement(piece.text(), at, to, variables);
            }
        }
        depth--;
    }

    /** Runs a statement; returns where it ends. */
    private int statement(String text, int at, int to, Map<String, Object> variables) throws Unsupported {
        Matcher word = WORD.matcher(text);
        String name = word.matches() ? word.group(1) : "";
        switch (name) {
            case "set" -> {
                assign(text, variables);
                return at;
            }
            case "if" -> {
                return condition(at, to, variables);
            }
            case "for" -> {
                return loop(text, at, to, variables);
            }
            default -> throw new Unsupported("{% " + text + " %}");
        }
    }

    private static void assign(String text, Map<String, Object> variables) throws Unsupported {
        Matcher set = SET.matcher(text);
        if (!set.matches()) {
            throw new Unsupported("{% " + text + " %}");
        }
        Object value = TemplateExpression.value(set.group(3), variables);
        if (set.group(2) == null) {
            variables.put(set.group(1), value);
        } else if (variables.get(set.group(1)) instanceof TemplateValues.Namespace namespace) {
            namespace.values().put(set.group(2), value);
        } else {
            throw new Unsupported("{% " + text + " %}");
        }
    }

    private int condition(int at, int to, Map<String, Object> variables) throws Unsupported {
        List<Integer> branches = branches(at, to, Set.of("elif", "else"));
        int end = branches.get(branches.size() - 1);
        for (int i = 0; i + 1 < branches.size(); i++) {
            int branch = branches.get(i);
            Matcher word = WORD.matcher(pieces.get(branch).text());
            boolean taken = word.matches()
                    && (word.group(1).equals("else")
                            || TemplateValues.truth(TemplateExpression.value(word.group(2), variables)));
            if (taken) {
                run(branch + 1, branches.get(i + 1), variables);
                break;
            }
        }
        return end;
    }

    private int loop(String text, int at, int to, Map<String, Object> variables) throws Unsupported {
        Matcher loop = FOR.matcher(text);
        List<Integer> branches = branches(at, to, Set.of("else"));
        if (!loop.matches() || branches.size() != 2) {
            throw new Unsupported("{% " + text + " %}");
        }
        if (!(TemplateExpression.value(loop.group(2), variables) instanceof List<?> items)) {
            throw new Unsupported("{% " + text + " %}");
        }
        for (int i = 0; i < items.size(); i++) {
            // What is set within a loop is gone after it; only a namespace keeps values.
            Map<String, Object> inner = new HashMap<>(variables);
            inner.put(loop.group(1), items.get(i));
            inner.put("loop", TemplateValues.loop(i, items.size()));
            run(at + 1, branches.get(1), inner);
        }
        return branches.get(1);
    }

    /** Returns where a block begins, where its branches begin, and where it ends. */
    private List<Integer> branches(int at, int to, Set<String> dividing) throws Unsupported {
        List<Integer> branches = new ArrayList<>(List.of(at));
        int depth = 0;
        for (int i = at + 1; i < to; i++) {
            @Nullable String word = word(pieces.get(i));
            if (word == null) {
                continue;
            }
            if (OPENING.contains(word)) {
                depth++;
            } else if (word.startsWith("end") && OPENING.contains(word.substring("end".length()))) {
                if (depth == 0) {
                    branches.add(i);
                    return branches;
                }
                depth--;
            } else if (depth == 0 && dividing.contains(word)) {
                branches.add(i);
            }
        }
        throw new Unsupported("{% " + pieces.get(at).text() + " %} has no end");
    }

    private static @Nullable String word(Piece piece) {
        Matcher word = WORD.matcher(piece.text());
        return piece.kind() == Kind.STATEMENT && word.matches() ? word.group(1) : null;
    }
}
