import java.io.ByteArrayInputStream;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import org.bouncycastle.asn1.DERBMPString;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.ContentInfo;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.operator.InputDecryptorProvider;
import org.bouncycastle.operator.OutputEncryptor;
import org.bouncycastle.pkcs.PKCS12PfxPdu;
import org.bouncycastle.pkcs.PKCS12PfxPduBuilder;
import org.bouncycastle.pkcs.PKCS12SafeBag;
import org.bouncycastle.pkcs.PKCS12SafeBagBuilder;
import org.bouncycastle.pkcs.PKCS12SafeBagFactory;
import org.bouncycastle.pkcs.PKCS8EncryptedPrivateKeyInfo;
import org.bouncycastle.pkcs.jcajce.JcaPKCS12SafeBagBuilder;
import org.bouncycastle.pkcs.jcajce.JcePKCS12MacCalculatorBuilder;
import org.bouncycastle.pkcs.jcajce.JcePKCS12MacCalculatorBuilderProvider;
import org.bouncycastle.pkcs.jcajce.JcePKCSPBEInputDecryptorProviderBuilder;
import org.bouncycastle.pkcs.jcajce.JcePKCSPBEOutputEncryptorBuilder;

/** Bouncy Castle's own PKCS#12 classes over its own provider, as the Java certification authorities use them. */
final class BouncyCastle implements Pkcs12 {
  private static final AlgorithmIdentifier PRF =
      new AlgorithmIdentifier(PKCSObjectIdentifiers.id_hmacWithSHA256, DERNull.INSTANCE);
  private final Provider provider = new BouncyCastleProvider();

  @Override
  public String version() {
    return provider.getInfo() + ", " + System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version");
  }

  @Override
  public byte[] write(Entry entry, int iterations) throws Exception {
    PKCS12PfxPduBuilder builder = new PKCS12PfxPduBuilder();
    builder.addEncryptedData(
        encryptor(entry, iterations), named(new JcaPKCS12SafeBagBuilder(entry.certificate()), entry));
    builder.addData(named(new JcaPKCS12SafeBagBuilder(entry.key(), encryptor(entry, iterations)), entry));
    JcePKCS12MacCalculatorBuilder mac =
        new JcePKCS12MacCalculatorBuilder(NISTObjectIdentifiers.id_sha256).setProvider(provider);
    return builder.build(mac.setIterationCount(iterations), entry.password()).getEncoded("DER");
  }

  private OutputEncryptor encryptor(Entry entry, int iterations) throws Exception {
    return new JcePKCSPBEOutputEncryptorBuilder(NISTObjectIdentifiers.id_aes256_CBC)
        .setProvider(provider)
        .setPRF(PRF)
        .setIterationCount(iterations)
        .build(entry.password());
  }

  private static PKCS12SafeBag named(PKCS12SafeBagBuilder bag, Entry entry) throws Exception {
    return bag.addBagAttribute(PKCSObjectIdentifiers.pkcs_9_at_friendlyName, new DERBMPString("bench"))
        .addBagAttribute(
            PKCSObjectIdentifiers.pkcs_9_at_localKeyId,
            new JcaX509ExtensionUtils().createSubjectKeyIdentifier(entry.certificate().getPublicKey()))
        .build();
  }

  @Override
  public Opened open(byte[] bytes, char[] password) throws Exception {
    PKCS12PfxPdu pfx = new PKCS12PfxPdu(bytes);
    if (!pfx.isMacValid(new JcePKCS12MacCalculatorBuilderProvider().setProvider(provider), password)) {
      throw new IllegalArgumentException("the MAC is not valid");
    }
    InputDecryptorProvider decryptor =
        new JcePKCSPBEInputDecryptorProviderBuilder().setProvider(provider).build(password);
    PrivateKey key = null;
    X509Certificate certificate = null;
    for (ContentInfo safe : pfx.getContentInfos()) {
      for (PKCS12SafeBag bag : factory(safe, decryptor).getSafeBags()) {
        if (bag.getBagValue() instanceof PKCS8EncryptedPrivateKeyInfo shrouded) {
          key = keyOf(shrouded.decryptPrivateKeyInfo(decryptor));
        } else if (bag.getBagValue() instanceof X509CertificateHolder holder) {
          certificate = certificateOf(holder);
        }
      }
    }
    return new Opened(key, certificate);
  }

  private static PKCS12SafeBagFactory factory(ContentInfo safe, InputDecryptorProvider decryptor) throws Exception {
    return safe.getContentType().equals(PKCSObjectIdentifiers.encryptedData)
        ? new PKCS12SafeBagFactory(safe, decryptor)
        : new PKCS12SafeBagFactory(safe);
  }

  private PrivateKey keyOf(PrivateKeyInfo info) throws Exception {
    return new JcaPEMKeyConverter().setProvider(provider).getPrivateKey(info);
  }

  private X509Certificate certificateOf(X509CertificateHolder holder) throws Exception {
    CertificateFactory factory = CertificateFactory.getInstance("X.509", provider);
    return (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(holder.getEncoded()));
  }
}
