package dev.atelier.gateway.text;

import java.util.Arrays;

/**
 * The number of single characters to insert, remove, replace or swap with their neighbor that makes one text of another
 * (optimal string alignment).
 */
public final class EditDistance {
    private EditDistance() {}

    /** Returns the distance of two texts, in time that grows with the product of their lengths: bound these. */
    public static int between(String first, String second) {
        int[] beforeLast = new int[second.length() + 1];
        int[] last = new int[second.length() + 1];
        int[] row = new int[second.length() + 1];
        Arrays.setAll(row, column -> column);
        for (int i = 1; i <= first.length(); i++) {
            int[] free = beforeLast;
            beforeLast = last;
            last = row;
            row = free;
            row[0] = i;
            for (int j = 1; j <= second.length(); j++) {
                boolean same = first.charAt(i - 1) == second.charAt(j - 1);
                row[j] = Math.min(Math.min(last[j], row[j - 1]) + 1, last[j - 1] + (same ? 0 : 1));
                boolean swapped = i > 1
                        && j > 1
                        && first.charAt(i - 1) == second.charAt(j - 2)
                        && first.charAt(i - 2) == second.charAt(j - 1);
                if (swapped) {
                    row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
                }
            }
        }
        return row[second.length()];
    }
}
