import java.security.PrivateKey;
import java.security.cert.X509Certificate;

/** Writes and opens PFX files by one of Java's implementations. */
interface Pkcs12 {
  /** The implementation and its version. */
  String version();

  /**
   * Writes a PFX: PBES2 with PBKDF2-HMAC-SHA256 and AES-256-CBC for key and certificate, an HMAC-SHA256 MAC.
   *
   * @param iterations of each of the three derivations
   */
  byte[] write(Entry entry, int iterations) throws Exception;

  /** Opens a PFX: its MAC checked, key and certificate decrypted. */
  Opened open(byte[] pfx, char[] password) throws Exception;

  /** What a PFX is made of. */
  record Entry(PrivateKey key, X509Certificate certificate, char[] password) {}

  /** What a PFX held. */
  record Opened(PrivateKey key, X509Certificate certificate) {}
}
