package dev.atelier.zimage.text;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;

/** What the expressions of chat templates do with strings, whole numbers, truth values, lists and maps. */
final class TemplateValues {
    /** The value of a name that is not known: false, and without text. */
    static final Object UNDEFINED = new Object();

    /** The value of {@code none}. */
    static final Object NONE = new Object();

    private static final int MOST_SHOWN = 100;

    private TemplateValues() {}

    /** Something that is not computed here. */
    static final class Unsupported extends Exception {
        private static final long serialVersionUID = 1L;

        Unsupported(String what) {
            super(what.length() > MOST_SHOWN ? what.substring(0, MOST_SHOWN) + "..." : what);
        }
    }

    /** Values that outlive a loop. */
    record Namespace(Map<String, Object> values) {}

    static boolean truth(Object value) {
        if (value instanceof String string) {
            return !string.isEmpty();
        }
        if (value instanceof List<?> list) {
            return !list.isEmpty();
        }
        if (value instanceof Integer number) {
            return number != 0;
        }
        return value instanceof Boolean flag ? flag : value != UNDEFINED && value != NONE;
    }

    static String text(Object value) throws Unsupported {
        if (value == UNDEFINED) {
            return "";
        }
        if (value instanceof String || value instanceof Integer) {
            return value.toString();
        }
        throw new Unsupported("an output that is neither text nor a number");
    }

    /** Returns what a loop tells of itself. */
    static Map<String, Object> loop(int index, int size) {
        return Map.of(
                "index0", index, "index", index + 1, "first", index == 0, "last", index == size - 1, "length", size);
    }

    static boolean compare(String operator, Object left, Object right) throws Unsupported {
        return switch (operator) {
            case "==" -> left.equals(right);
            case "!=" -> !left.equals(right);
            case "<" -> number(left) < number(right);
            case ">" -> number(left) > number(right);
            case "<=" -> number(left) <= number(right);
            default -> number(left) >= number(right);
        };
    }

    static boolean contains(Object where, Object what) throws Unsupported {
        if (where instanceof String text) {
            return text.contains(string(what));
        }
        if (where instanceof Map<?, ?> map) {
            return map.containsKey(what);
        }
        if (where instanceof List<?> list) {
            return list.contains(what);
        }
        throw new Unsupported("in");
    }

    static boolean test(Object value, String test) throws Unsupported {
        return switch (test) {
            case "defined" -> value != UNDEFINED;
            case "undefined" -> value == UNDEFINED;
            case "none" -> value == NONE;
            case "string" -> value instanceof String;
            case "true" -> Boolean.TRUE.equals(value);
            case "false" -> Boolean.FALSE.equals(value);
            case "mapping" -> value instanceof Map;
            case "iterable", "sequence" -> value instanceof String || value instanceof List || value instanceof Map;
            case "number" -> value instanceof Integer;
            default -> throw new Unsupported("is " + test);
        };
    }

    static Object sum(String operator, Object left, Object right) throws Unsupported {
        if (operator.equals("~")) {
            return text(left) + text(right);
        }
        if (operator.equals("-")) {
            return number(left) - number(right);
        }
        return left instanceof String ? string(left) + string(right) : (Object) (number(left) + number(right));
    }

    static Object attribute(Object value, String name) {
        if (value instanceof Namespace namespace) {
            return namespace.values().getOrDefault(name, UNDEFINED);
        }
        Object found = value instanceof Map<?, ?> map ? map.get(name) : null;
        return found == null ? UNDEFINED : found;
    }

    static Object item(Object value, Object key) throws Unsupported {
        if (value instanceof List<?> list) {
            int index = number(key);
            int place = index < 0 ? index + list.size() : index;
            return place >= 0 && place < list.size() ? Objects.requireNonNull(list.get(place)) : UNDEFINED;
        }
        return attribute(value, string(key));
    }

    /** Returns a part of a text or a list; {@link #NONE} stands for a number that is left out. */
    static Object slice(Object value, List<Object> numbers) throws Unsupported {
        Object step = numbers.size() > 2 ? numbers.get(2) : NONE;
        if (step != NONE && number(step) == -1) {
            return reversed(value, numbers);
        }
        if (step != NONE && number(step) != 1) {
            throw new Unsupported("[::" + step + "]");
        }
        if (value instanceof String text) {
            int from = bound(numbers.get(0), 0, text.length());
            return text.substring(from, Math.max(from, bound(numbers.get(1), text.length(), text.length())));
        }
        if (value instanceof List<?> list) {
            int from = bound(numbers.get(0), 0, list.size());
            return list.subList(from, Math.max(from, bound(numbers.get(1), list.size(), list.size())));
        }
        throw new Unsupported("[:] of something that is neither text nor a list");
    }

    private static Object reversed(Object value, List<Object> numbers) throws Unsupported {
        if (numbers.get(0) != NONE || numbers.get(1) != NONE || !(value instanceof List<?> list)) {
            throw new Unsupported("[::-1]");
        }
        List<Object> turned = new ArrayList<>(list);
        Collections.reverse(turned);
        return turned;
    }

    private static int bound(Object number, int otherwise, int size) throws Unsupported {
        if (number == NONE) {
            return otherwise;
        }
        int index = number(number);
        return Math.max(0, Math.min(size, index < 0 ? index + size : index));
    }

    static Object call(Object value, String name, List<Object> arguments) throws Unsupported {
        if (name.equals("get") && value instanceof Map && !arguments.isEmpty()) {
            Object found = attribute(value, string(arguments.get(0)));
            Object otherwise = arguments.size() > 1 ? arguments.get(1) : NONE;
            return found == UNDEFINED ? otherwise : found;
        }
        if (arguments.size() != 1 && !name.endsWith("strip")) {
            throw new Unsupported("." + name + "()");
        }
        String text = string(value);
        String argument = arguments.isEmpty() ? " \t\n\r\f" : string(arguments.get(0));
        return switch (name) {
            case "startswith" -> text.startsWith(argument);
            case "endswith" -> text.endsWith(argument);
            case "split" -> List.of(text.split(Pattern.quote(argument), -1));
            case "strip" -> strip(text, argument, true, true);
            case "lstrip" -> strip(text, argument, true, false);
            case "rstrip" -> strip(text, argument, false, true);
            default -> throw new Unsupported("." + name + "()");
        };
    }

    static Object filter(Object value, String name, List<Object> arguments) throws Unsupported {
        if (name.equals("default") && arguments.size() == 1) {
            return value == UNDEFINED ? arguments.get(0) : value;
        }
        List<?> list = value instanceof List<?> items ? items : List.of();
        return switch (name + arguments.size()) {
            case "length0", "count0" -> value instanceof String text ? text.length() : list.size();
            case "trim0" -> strip(string(value), " \t\n\r\f", true, true);
            case "first0" -> list.isEmpty() ? UNDEFINED : Objects.requireNonNull(list.get(0));
            case "last0" -> list.isEmpty() ? UNDEFINED : Objects.requireNonNull(list.get(list.size() - 1));
            case "string0" -> text(value);
            default -> throw new Unsupported("| " + name);
        };
    }

    private static String strip(String text, String characters, boolean left, boolean right) {
        int from = 0;
        int to = text.length();
        while (left && from < to && characters.indexOf(text.charAt(from)) >= 0) {
            from++;
        }
        while (right && to > from && characters.indexOf(text.charAt(to - 1)) >= 0) {
            to--;
        }
        return text.substring(from, to);
    }

    private static int number(Object value) throws Unsupported {
        if (value instanceof Integer number) {
            return number;
        }
        throw new Unsupported("a number is needed");
    }

    private static String string(Object value) throws Unsupported {
        if (value instanceof String text) {
            return text;
        }
        throw new Unsupported("a text is needed");
    }
}
