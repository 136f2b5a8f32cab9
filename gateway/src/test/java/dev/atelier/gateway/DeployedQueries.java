package dev.atelier.gateway;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** What {@code deploy/} asks of Prometheus. */
final class DeployedQueries {
    static final Path DEPLOY = Path.of("..", "deploy").toAbsolutePath().normalize();
    static final Path RULES = DEPLOY.resolve("prometheus/atelier.rules.yml");
    static final Path RULES_TEST = DEPLOY.resolve("prometheus/atelier.rules-test.yml");
    static final Path SCRAPING = DEPLOY.resolve("prometheus/prometheus.yml");
    static final Path DASHBOARD = DEPLOY.resolve("grafana/dashboards/atelier.json");

    /** Metrics that only a machine with an NVIDIA GPU has. */
    private static final Pattern OF_GPUS = Pattern.compile("atelier_device_(memory|utilization)_");

    private static final Pattern METRIC = Pattern.compile("\\b(?:atelier|jvm|process|system)_[a-z0-9_]+");

    private DeployedQueries() {}

    /** Returns the dashboard's queries by panel, as Grafana would send them with every variable at "all". */
    static Map<String, String> ofDashboard() throws IOException {
        Map<String, String> queries = new LinkedHashMap<>();
        JsonObject dashboard = new JsonObject(Files.readString(DASHBOARD));
        for (Object panel : dashboard.getJsonArray("panels")) {
            JsonObject shown = (JsonObject) panel;
            for (Object target : shown.getJsonArray("targets", new JsonArray())) {
                JsonObject query = (JsonObject) target;
                queries.put(
                        shown.getString("title") + " " + query.getString("refId"),
                        query.getString("expr")
                                .replace("$__rate_interval", "1m")
                                .replaceAll("\\$(instance|model|size)\\b", ".*"));
            }
        }
        for (Object variable : dashboard.getJsonObject("templating").getJsonArray("list")) {
            JsonObject listed = (JsonObject) variable;
            if (listed.getString("type").equals("query")) {
                Matcher values =
                        Pattern.compile("label_values\\((\\w+), (\\w+)\\)").matcher(listed.getString("definition"));
                if (!values.matches()) {
                    throw new AssertionError(listed.encode());
                }
                queries.put(
                        "variable " + listed.getString("name"),
                        "count by (" + values.group(2) + ") (" + values.group(1) + ")");
            }
        }
        return queries;
    }

    /** Returns whether a query can have data only on a machine with an NVIDIA GPU. */
    static boolean needsGpu(String query) {
        return OF_GPUS.matcher(query).find();
    }

    /** Returns the expressions of the alert rules by alert. */
    static Map<String, String> ofRules() throws IOException {
        Map<String, String> expressions = new LinkedHashMap<>();
        for (Object group : list(yaml(RULES), "groups")) {
            for (Object rule : list((Map<?, ?>) group, "rules")) {
                Map<?, ?> alert = (Map<?, ?>) rule;
                expressions.put((String) alert.get("alert"), (String) alert.get("expr"));
            }
        }
        return expressions;
    }

    /** Returns the names of the series that a query asks for. */
    static Set<String> metrics(String query) {
        Set<String> names = new TreeSet<>();
        Matcher matcher = METRIC.matcher(query.replaceAll("\"[^\"]*\"", "\"\""));
        while (matcher.find()) {
            names.add(matcher.group());
        }
        return names;
    }

    /** Reads a YAML file. */
    static Map<?, ?> yaml(Path file) throws IOException {
        return new Yaml(new SafeConstructor(new LoaderOptions())).load(Files.readString(file));
    }

    /** Reads a file of several YAML documents. */
    static List<Map<?, ?>> yamls(Path file) throws IOException {
        List<Map<?, ?>> documents = new ArrayList<>();
        new Yaml(new SafeConstructor(new LoaderOptions()))
                .loadAll(Files.readString(file))
                .forEach(document -> documents.add((Map<?, ?>) document));
        return documents;
    }

    /** Returns a list of a YAML mapping. */
    static List<?> list(Map<?, ?> yaml, String name) {
        return (List<?>) yaml.get(name);
    }
}
