package dev.atelier.gateway.job;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * One address on this machine before a server that can be exchanged, as a virtual address does in a failover: new
 * connections go to the new server, open ones stay at the old.
 */
public final class TcpForwarder implements AutoCloseable {
    private final ServerSocket server;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private volatile int target;
    private volatile int frozen = -1;

    /** Starts to forward to a port of this machine. */
    public TcpForwarder(int target) throws IOException {
        this.target = target;
        this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        start(this::accept);
    }

    private static void start(Runnable task) {
        Thread thread = new Thread(task, "forwarder");
        thread.setDaemon(true);
        thread.start();
    }

    /** Returns the port to connect to. */
    public int port() {
        return server.getLocalPort();
    }

    /** Sends new connections to another port. */
    public void switchTo(int port) {
        target = port;
    }

    /** Loses every byte of connections to a port from now on, and keeps them open, as a machine without power does. */
    void freeze(int port) {
        frozen = port;
    }

    private void accept() {
        try {
            while (true) {
                Socket client = server.accept();
                sockets.add(client);
                int to = target;
                start(() -> connect(client, to));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void connect(Socket client, int to) {
        try {
            Socket upstream = new Socket(InetAddress.getLoopbackAddress(), to);
            sockets.add(upstream);
            start(() -> copy(client, upstream, to));
            copy(upstream, client, to);
        } catch (IOException e) {
            close(client);
        }
    }

    private void copy(Socket from, Socket into, int to) {
        byte[] buffer = new byte[8192];
        try (InputStream in = from.getInputStream();
                OutputStream out = into.getOutputStream()) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                if (frozen != to) {
                    out.write(buffer, 0, count);
                }
            }
        } catch (IOException e) {
            // one side is gone, and so the other
        } finally {
            close(from);
            close(into);
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // nothing is left to close
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        sockets.forEach(TcpForwarder::close);
    }
}
