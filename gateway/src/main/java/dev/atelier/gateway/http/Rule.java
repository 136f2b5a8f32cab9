package dev.atelier.gateway.http;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a field can break, with the type and the text that clients of the reference know. */
enum Rule {
    MISSING("missing", "Field required", null),
    STRING("string_type", "Input should be a valid string", null),
    LIST("list_type", "Input should be a valid list", null),
    OBJECT("model_attributes_type", "Input should be a valid dictionary or object to extract fields from", null),
    LENGTH("string_too_long", "String should have at most %s characters", "max_length"),
    LITERAL("literal_error", "Input should be %s", "expected"),
    INTEGER("int_parsing", "Input should be a valid integer, unable to parse the input as an integer", null),
    FRACTION("int_from_float", "Input should be a valid integer, got a number with a fractional part", null),
    NUMBER("float_parsing", "Input should be a valid number, unable to parse the input as a number", null),
    BOOLEAN("bool_parsing", "Input should be a valid boolean, unable to interpret input", null),
    MINIMUM("greater_than_equal", "Input should be greater than or equal to %s", "ge"),
    MAXIMUM("less_than_equal", "Input should be less than or equal to %s", "le"),
    ITEMS("value_error", "Value error, at least %s", "error"),
    VALUE("value_error", "Value error, %s", "error"),
    JSON("json_invalid", "JSON decode error", "error");

    private final String type;
    private final String text;
    private final @Nullable String bound;

    Rule(String type, String text, @Nullable String bound) {
        this.type = type;
        this.text = text;
        this.bound = bound;
    }

    /** Returns the violation of this rule at a place. */
    Violation at(List<Object> place) {
        return new Violation(type, place, text, Map.of());
    }

    /** Returns the violation of this rule at a place, naming what would have been allowed. */
    Violation at(List<Object> place, Object allowed) {
        String name = allowed instanceof Number number
                ? new BigDecimal(number.toString()).stripTrailingZeros().toPlainString()
                : allowed.toString();
        return new Violation(type, place, text.formatted(name), bound == null ? Map.of() : Map.of(bound, allowed));
    }
}
