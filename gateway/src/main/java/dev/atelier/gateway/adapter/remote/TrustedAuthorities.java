package dev.atelier.gateway.adapter.remote;

import io.vertx.core.net.TrustOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** Who may certify HTTPS servers: Java's own authorities, and those of a file beside them. */
public final class TrustedAuthorities {
    /** Java's own. */
    public static final TrustedAuthorities JAVA = new TrustedAuthorities(null);

    private final @Nullable TrustManagerFactory factory;

    private TrustedAuthorities(@Nullable TrustManagerFactory factory) {
        this.factory = factory;
    }

    /**
     * Returns Java's own, and those of a file where one is given. Blocks.
     *
     * @throws IOException naming the file, when it is not readable or holds no certificate
     */
    public static TrustedAuthorities of(Optional<Path> file) throws IOException {
        return file.isPresent() ? with(file.get()) : JAVA;
    }

    /**
     * Reads a file of certificates in PEM form. Blocks.
     *
     * @throws IOException naming the file, when it is not readable or holds no certificate
     */
    static TrustedAuthorities with(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            Collection<? extends Certificate> added =
                    CertificateFactory.getInstance("X.509").generateCertificates(in);
            if (added.isEmpty()) {
                throw new IOException(file + " holds no certificate in PEM form");
            }
            List<Certificate> all = new ArrayList<>(added);
            all.addAll(known(initialised(null)));
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            for (int i = 0; i < all.size(); i++) {
                store.setCertificateEntry("authority-" + i, all.get(i));
            }
            return new TrustedAuthorities(initialised(store));
        } catch (FileSystemException e) {
            throw new IOException(file + " cannot be read", e);
        } catch (GeneralSecurityException e) {
            throw new IOException(file + " is no file of certificates in PEM form: " + e.getMessage(), e);
        }
    }

    private static TrustManagerFactory initialised(@Nullable KeyStore store) throws GeneralSecurityException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory;
    }

    private static List<X509Certificate> known(TrustManagerFactory factory) {
        List<X509Certificate> known = new ArrayList<>();
        for (TrustManager manager : factory.getTrustManagers()) {
            if (manager instanceof X509TrustManager x509) {
                known.addAll(List.of(x509.getAcceptedIssuers()));
            }
        }
        return known;
    }

    /** Returns how many there are. */
    int size() throws IOException {
        try {
            return known(factory == null ? initialised(null) : factory).size();
        } catch (GeneralSecurityException e) {
            throw new IOException("Java's authorities are not readable", e);
        }
    }

    /** Returns what Vert.x takes; empty for its default, Java's own. */
    Optional<TrustOptions> options() {
        return Optional.ofNullable(factory)
                .map(TrustManagerFactory::getTrustManagers)
                .map(managers -> TrustOptions.wrap(managers[0]));
    }
}
