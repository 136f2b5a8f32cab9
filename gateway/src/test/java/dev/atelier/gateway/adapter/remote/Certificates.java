package dev.atelier.gateway.adapter.remote;

import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PfxOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An authority and a server certificate that it signed, made by the JDK's own keytool.
 *
 * @param authority the authority's certificate in PEM form
 * @param store the server's key and certificate
 */
record Certificates(Path authority, Path store) {
    private static final String PASSWORD = "changeit";

    private static @Nullable Certificates shared;

    /** Returns those for {@code models.test}, made once, because keytool takes its time. */
    static synchronized Certificates forModelsTest() throws IOException, InterruptedException {
        Certificates made = shared;
        if (made == null) {
            Path folder = Files.createTempDirectory("atelier-certificates");
            made = of(folder, "dns:models.test");
            for (Path file : List.of(folder, folder.resolve("ca.p12"), made.authority, made.store)) {
                file.toFile().deleteOnExit();
            }
            Files.delete(folder.resolve("server.csr"));
            Files.delete(folder.resolve("server.pem"));
            shared = made;
        }
        return made;
    }

    /** Makes an authority and one server certificate for these names, such as {@code dns:models.test}. */
    private static Certificates of(Path folder, String names) throws IOException, InterruptedException {
        Path authority = folder.resolve("ca.p12");
        String certificate = authority(folder).toString();
        Path server = folder.resolve("server.p12");
        String request = folder.resolve("server.csr").toString();
        String signed = folder.resolve("server.pem").toString();
        keytool(server, "-genkeypair", "-alias", "server", "-keyalg", "EC", "-dname", "CN=server");
        keytool(server, "-certreq", "-alias", "server", "-file", request);
        String san = "san=" + names;
        keytool(authority, "-gencert", "-alias", "ca", "-rfc", "-infile", request, "-outfile", signed, "-ext", san);
        keytool(server, "-importcert", "-alias", "ca", "-noprompt", "-file", certificate);
        keytool(server, "-importcert", "-alias", "server", "-noprompt", "-file", signed);
        return new Certificates(Path.of(certificate), server);
    }

    /** Makes an authority {@code ca.p12} and returns its certificate. */
    static Path authority(Path folder) throws IOException, InterruptedException {
        Path store = folder.resolve("ca.p12");
        Path certificate = folder.resolve("ca.pem");
        keytool(store, "-genkeypair", "-alias", "ca", "-keyalg", "EC", "-dname", "CN=test ca", "-ext", "bc:c");
        keytool(store, "-exportcert", "-alias", "ca", "-rfc", "-file", certificate.toString());
        return certificate;
    }

    private static void keytool(Path store, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(List.of(arguments));
        command.addAll(List.of("-keystore", store.toString(), "-storetype", "PKCS12", "-storepass", PASSWORD));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new IOException("keytool failed: " + output);
        }
    }

    /** Returns what makes a server speak TLS with the certificate. */
    HttpServerOptions server() {
        return new HttpServerOptions()
                .setPort(0)
                .setSsl(true)
                .setKeyCertOptions(new PfxOptions()
                        .setPath(store.toString())
                        .setPassword(PASSWORD)
                        .setAlias("server"));
    }
}
