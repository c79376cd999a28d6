import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.Certificate;
import org.bouncycastle.jcajce.PKCS12StoreParameter;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/**
 * Writes the one private key of a PKCS#12 file again, as Bouncy Castle does:
 * java -cp bcprov.jar BouncyCastle.java SOURCE PASSWORD-FILE KEYSTORE-TYPE BER|DER OUTPUT
 */
public class BouncyCastle {
  public static void main(String[] args) throws Exception {
    char[] password = Files.readString(Path.of(args[1])).strip().toCharArray();
    KeyStore source = KeyStore.getInstance("PKCS12");
    try (FileInputStream in = new FileInputStream(args[0])) {
      source.load(in, password);
    }
    String alias = source.aliases().nextElement();
    Key key = source.getKey(alias, password);
    Certificate[] chain = source.getCertificateChain(alias);

    KeyStore store = KeyStore.getInstance(args[2], new BouncyCastleProvider());
    store.load(null, null);
    store.setKeyEntry(alias, key, null, chain);
    try (FileOutputStream out = new FileOutputStream(args[4])) {
      store.store(new PKCS12StoreParameter(out, password, args[3].equals("DER")));
    }
  }
}
