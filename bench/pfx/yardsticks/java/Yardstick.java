import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.Key;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.HexFormat;

/**
 * The yardsticks of Java: what the group pfx measures, by the JDK's KeyStore or by Bouncy Castle, in one long-lived process
 * that keeps time itself, so that no start of a virtual machine is counted, and no code that is not compiled yet.
 *
 * <pre>java Yardstick java|bouncycastle</pre>
 *
 * stdin: three lines, the private key (PKCS#8 DER) and the certificate (DER) in hex, and the password; then requests,
 * {@code write ITERATIONS ROUNDS} and {@code open ROUNDS PFX}, the file in hex. stdout: one line with the version, when it
 * is warm; then a line for each request, {"nanoseconds":N,"pfx":"..."}: N for one round on average, the last file in hex.
 */
public final class Yardstick {
  /** Long enough for the optimizing compiler to be done with all that matters, whichever request comes first. */
  private static final long WARM_UP_NANOSECONDS = 3_000_000_000L;
  private static final int WARM_UP_ITERATIONS = 2_048;
  private static final HexFormat HEX = HexFormat.of();

  private final Pkcs12 pkcs12;
  private final Pkcs12.Entry entry;

  private Yardstick(Pkcs12 pkcs12, Pkcs12.Entry entry) {
    this.pkcs12 = pkcs12;
    this.entry = entry;
  }

  public static void main(String[] arguments) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    Pkcs12 pkcs12 = arguments[0].equals("java") ? new JavaKeyStore() : new BouncyCastle();
    Yardstick yardstick = new Yardstick(pkcs12, readEntry(in));
    yardstick.warmUp();
    System.out.println("{\"version\":\"" + pkcs12.version() + "\"}");
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      System.out.println(yardstick.answer(line.split(" ")));
    }
  }

  private static Pkcs12.Entry readEntry(BufferedReader in) throws Exception {
    byte[] key = HEX.parseHex(in.readLine());
    byte[] certificate = HEX.parseHex(in.readLine());
    return new Pkcs12.Entry(
        KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(key)),
        (X509Certificate)
            CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(certificate)),
        in.readLine().toCharArray());
  }

  private void warmUp() throws Exception {
    long end = System.nanoTime() + WARM_UP_NANOSECONDS;
    while (System.nanoTime() < end) open(pkcs12.write(entry, WARM_UP_ITERATIONS));
  }

  private String answer(String[] request) throws Exception {
    if (request[0].equals("write")) return write(Integer.parseInt(request[1]), Integer.parseInt(request[2]));
    if (request[0].equals("open")) return reopen(Integer.parseInt(request[1]), HEX.parseHex(request[2]));
    throw new IOException("there is no request " + request[0]);
  }

  private String write(int iterations, int rounds) throws Exception {
    byte[] pfx = null;
    long start = System.nanoTime();
    for (int round = 0; round < rounds; round++) pfx = pkcs12.write(entry, iterations);
    return outcome(System.nanoTime() - start, rounds, pfx);
  }

  private String reopen(int rounds, byte[] pfx) throws Exception {
    long start = System.nanoTime();
    for (int round = 0; round < rounds; round++) open(pfx);
    return outcome(System.nanoTime() - start, rounds, pfx);
  }

  /** Opens a file and holds its key against its certificate and against the one that was given, as our reader does. */
  private void open(byte[] pfx) throws Exception {
    Pkcs12.Opened opened = pkcs12.open(pfx, entry.password());
    boolean same = opened.certificate().equals(entry.certificate());
    if (!same || !modulus(opened.key()).equals(modulus(opened.certificate().getPublicKey()))) {
      throw new IllegalStateException("the key and the certificate do not match");
    }
  }

  private static BigInteger modulus(Key key) {
    return ((RSAKey) key).getModulus();
  }

  private static String outcome(long nanoseconds, int rounds, byte[] pfx) {
    return "{\"nanoseconds\":" + nanoseconds / rounds + ",\"pfx\":\"" + HEX.formatHex(pfx) + "\"}";
  }
}
