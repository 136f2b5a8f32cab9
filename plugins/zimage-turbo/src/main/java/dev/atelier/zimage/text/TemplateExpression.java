package dev.atelier.zimage.text;

import dev.atelier.zimage.text.TemplateValues.Namespace;
import dev.atelier.zimage.text.TemplateValues.Unsupported;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads an expression of a chat template and evaluates it, no more of it than its result needs. */
final class TemplateExpression {
    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", ">", "<=", ">=");
    private static final int DEEPEST = 50;

    /** A part of the expression. */
    private interface Node {
        Object value(Map<String, Object> variables) throws Unsupported;
    }

    private final TemplateTokens tokens;
    private int depth;

    private TemplateExpression(TemplateTokens tokens) {
        this.tokens = tokens;
    }

    static Object value(String text, Map<String, Object> variables) throws Unsupported {
        TemplateTokens tokens = new TemplateTokens(text);
        Node root = new TemplateExpression(tokens).ternary();
        if (!tokens.atEnd()) {
            throw tokens.unsupported();
        }
        return root.value(variables);
    }

    private Node ternary() throws Unsupported {
        if (++depth > DEEPEST) {
            throw tokens.unsupported();
        }
        Node value = or();
        if (tokens.take("if")) {
            Node condition = or();
            Node otherwise = tokens.take("else") ? ternary() : variables -> TemplateValues.UNDEFINED;
            depth--;
            return variables -> (TemplateValues.truth(condition.value(variables)) ? value : otherwise).value(variables);
        }
        depth--;
        return value;
    }

    private Node or() throws Unsupported {
        Node value = and();
        while (tokens.take("or")) {
            Node left = value;
            Node right = and();
            value = variables -> {
                Object first = left.value(variables);
                return TemplateValues.truth(first) ? first : right.value(variables);
            };
        }
        return value;
    }

    private Node and() throws Unsupported {
        Node value = not();
        while (tokens.take("and")) {
            Node left = value;
            Node right = not();
            value = variables -> {
                Object first = left.value(variables);
                return TemplateValues.truth(first) ? right.value(variables) : first;
            };
        }
        return value;
    }

    private Node not() throws Unsupported {
        boolean negated = false;
        while (tokens.take("not")) {
            negated = !negated;
        }
        Node value = comparison();
        boolean turn = negated;
        return turn ? variables -> !TemplateValues.truth(value.value(variables)) : value;
    }

    private Node comparison() throws Unsupported {
        Node value = sum();
        while (true) {
            Node left = value;
            boolean notIn = tokens.peek("not", "in");
            if (tokens.peekAny(COMPARISONS)) {
                String operator = tokens.next();
                Node right = sum();
                value = variables -> TemplateValues.compare(operator, left.value(variables), right.value(variables));
            } else if (notIn && tokens.take("not") && tokens.take("in") || tokens.take("in")) {
                Node right = sum();
                value = variables -> TemplateValues.contains(right.value(variables), left.value(variables)) != notIn;
            } else if (tokens.take("is")) {
                boolean negated = tokens.take("not");
                String test = tokens.next();
                value = variables -> TemplateValues.test(left.value(variables), test) != negated;
            } else {
                return value;
            }
        }
    }

    private Node sum() throws Unsupported {
        Node value = unary();
        while (tokens.peek("+") || tokens.peek("-") || tokens.peek("~")) {
            String operator = tokens.next();
            Node left = value;
            Node right = unary();
            value = variables -> TemplateValues.sum(operator, left.value(variables), right.value(variables));
        }
        return value;
    }

    private Node unary() throws Unsupported {
        if (tokens.take("-")) {
            Node value = unary();
            return variables -> TemplateValues.sum("-", 0, value.value(variables));
        }
        Node value = primary();
        while (true) {
            Node of = value;
            if (tokens.take(".")) {
                String name = tokens.next();
                if (tokens.take("(")) {
                    List<Node> arguments = list(")");
                    value = variables -> TemplateValues.call(of.value(variables), name, values(arguments, variables));
                } else {
                    value = variables -> TemplateValues.attribute(of.value(variables), name);
                }
            } else if (tokens.take("[")) {
                value = subscript(of);
            } else if (tokens.take("|")) {
                String name = tokens.next();
                List<Node> arguments = tokens.take("(") ? list(")") : List.of();
                value = variables -> TemplateValues.filter(of.value(variables), name, values(arguments, variables));
            } else {
                return value;
            }
        }
    }

    private Node primary() throws Unsupported {
        String token = tokens.next();
        char first = token.charAt(0);
        if (first == '"' || first == '\'') {
            return constant(TemplateTokens.unquoted(token));
        }
        if (Character.isDigit(first)) {
            return constant(Integer.parseInt(token));
        }
        return switch (token) {
            case "(" -> {
                Node value = ternary();
                tokens.expect(")");
                yield value;
            }
            case "[" -> {
                List<Node> items = list("]");
                yield variables -> values(items, variables);
            }
            case "true", "True" -> constant(true);
            case "false", "False" -> constant(false);
            case "none", "None" -> constant(TemplateValues.NONE);
            case "namespace" -> namespace();
            default -> {
                if (!Character.isJavaIdentifierStart(first) || tokens.peek("(")) {
                    throw tokens.unsupported();
                }
                yield variables -> variables.getOrDefault(token, TemplateValues.UNDEFINED);
            }
        };
    }

    private static Node constant(Object value) {
        return variables -> value;
    }

    private List<Node> list(String end) throws Unsupported {
        List<Node> items = new ArrayList<>();
        while (!tokens.take(end)) {
            items.add(ternary());
            if (!tokens.peek(end)) {
                tokens.expect(",");
            }
        }
        return items;
    }

    private static List<Object> values(List<Node> nodes, Map<String, Object> variables) throws Unsupported {
        List<Object> values = new ArrayList<>();
        for (Node node : nodes) {
            values.add(node.value(variables));
        }
        return values;
    }

    private Node namespace() throws Unsupported {
        tokens.expect("(");
        Map<String, Node> fields = new LinkedHashMap<>();
        while (!tokens.take(")")) {
            String name = tokens.next();
            tokens.expect("=");
            fields.put(name, ternary());
            if (!tokens.peek(")")) {
                tokens.expect(",");
            }
        }
        return variables -> {
            Map<String, Object> values = new HashMap<>();
            for (Map.Entry<String, Node> field : fields.entrySet()) {
                values.put(field.getKey(), field.getValue().value(variables));
            }
            return new Namespace(values);
        };
    }

    /** {@code [index]}, {@code [from:to]} or {@code [::-1]}, where each number may be left out. */
    private Node subscript(Node of) throws Unsupported {
        List<@Nullable Node> parts = new ArrayList<>();
        @Nullable Node part = null;
        while (!tokens.take("]")) {
            if (tokens.take(":")) {
                parts.add(part);
                part = null;
            } else if (part == null) {
                part = ternary();
            } else {
                throw tokens.unsupported();
            }
        }
        parts.add(part);
        boolean slice = parts.size() > 1;
        return variables -> {
            List<Object> numbers = new ArrayList<>();
            for (Node number : parts) {
                numbers.add(number == null ? TemplateValues.NONE : number.value(variables));
            }
            Object value = of.value(variables);
            return slice ? TemplateValues.slice(value, numbers) : TemplateValues.item(value, numbers.get(0));
        };
    }
}
