import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Security;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;

/** The PKCS12 KeyStore of the JDK, told its algorithms and counts by security properties, as java.security tells them. */
final class JavaKeyStore implements Pkcs12 {
  private static final String ENCRYPTION = "PBEWithHmacSHA256AndAES_256";

  @Override
  public String version() {
    return "PKCS12 KeyStore of " + System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version");
  }

  @Override
  public byte[] write(Entry entry, int iterations) throws Exception {
    set("keyProtectionAlgorithm", ENCRYPTION);
    set("certProtectionAlgorithm", ENCRYPTION);
    set("macAlgorithm", "HmacPBESHA256");
    set("keyPbeIterationCount", String.valueOf(iterations));
    set("certPbeIterationCount", String.valueOf(iterations));
    set("macIterationCount", String.valueOf(iterations));
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry("bench", entry.key(), entry.password(), new Certificate[] {entry.certificate()});
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    store.store(out, entry.password());
    return out.toByteArray();
  }

  private static void set(String name, String value) {
    Security.setProperty("keystore.pkcs12." + name, value);
  }

  @Override
  public Opened open(byte[] pfx, char[] password) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(new ByteArrayInputStream(pfx), password);
    String alias = store.aliases().nextElement();
    return new Opened((PrivateKey) store.getKey(alias, password), (X509Certificate) store.getCertificate(alias));
  }
}
