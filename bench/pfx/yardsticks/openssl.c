/*
 * The yardstick of OpenSSL: what the group pfx measures, as a C program does it.
 *
 * - write: a PFX (PBES2 with PBKDF2-HMAC-SHA256 and AES-256-CBC for key and certificate, an HMAC-SHA256 MAC keyed by
 *   PKCS12KDF; three derivations).
 * - open: a PFX that it is given: the MAC checked, key and certificate decrypted and matched.
 * - full: writes a PFX, tries it without a password, opens it, holds its key against the certificate request's, and uses
 *   it: a TLS 1.3 handshake in memory whose peer certificate must carry the key, some bytes both ways, and for an
 *   encryption key an RSA-OAEP decryption.
 *
 *     openssl-yardstick write|open|full ITERATIONS ROUNDS identity|encryption
 *
 * stdin: three lines, the private key (PKCS#8 DER) and the certificate (DER) in hex, and the password; to open, a fourth,
 * the PFX in hex, whose counts then stand for ITERATIONS.
 * stdout: {"openssl":"...","nanoseconds":N,"pfx":"..."}, N for one round on average, the last file written or opened in
 * hex. Exit 0, or 1 with the reason on stderr.
 */
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SALT_BYTES 16
#define MESSAGE_BYTES 32
#define LONGEST_LINE 32768

typedef struct {
  EVP_PKEY *key;
  X509 *certificate;
  char password[256];
} Enrollment;

typedef struct {
  unsigned char *bytes;
  int length;
} Pfx;

typedef enum { WRITE, OPEN, FULL } Mode;

typedef struct {
  Mode mode;
  int encryption;
  Enrollment enrollment;
  /* What was written last, or is to be opened. */
  Pfx pfx;
  SSL_CTX *client_context;
} Task;

static void require(int condition, const char *step) {
  if (condition) return;
  fprintf(stderr, "openssl-yardstick: %s failed\n", step);
  ERR_print_errors_fp(stderr);
  exit(1);
}

static void read_line(char *line, size_t size) {
  require(fgets(line, (int)size, stdin) != NULL, "reading stdin");
  line[strcspn(line, "\n")] = '\0';
}

static unsigned char *read_hex(long *length) {
  static char line[LONGEST_LINE];
  read_line(line, sizeof line);
  unsigned char *bytes = OPENSSL_hexstr2buf(line, length);
  require(bytes != NULL, "reading hex");
  return bytes;
}

static Enrollment read_enrollment(void) {
  Enrollment enrollment = {0};
  long length;
  unsigned char *bytes = read_hex(&length);
  const unsigned char *at = bytes;
  enrollment.key = d2i_AutoPrivateKey(NULL, &at, length);
  require(enrollment.key != NULL, "reading the private key");
  OPENSSL_clear_free(bytes, (size_t)length);
  bytes = read_hex(&length);
  at = bytes;
  enrollment.certificate = d2i_X509(NULL, &at, length);
  require(enrollment.certificate != NULL, "reading the certificate");
  OPENSSL_free(bytes);
  read_line(enrollment.password, sizeof enrollment.password);
  return enrollment;
}

static Pfx read_pfx(void) {
  long length;
  Pfx pfx = {.bytes = read_hex(&length)};
  pfx.length = (int)length;
  return pfx;
}

static Pfx write_pfx(const Enrollment *enrollment, int iterations) {
  Pfx pfx = {NULL, 0};
  /* A MAC count of -1 leaves the MAC to the call below, which names its hash and the length of its salt. */
  PKCS12 *file = PKCS12_create(enrollment->password, "caEncryption_keyPair", enrollment->key,
                               enrollment->certificate, NULL, NID_aes_256_cbc, NID_aes_256_cbc, iterations, -1, 0);
  require(file != NULL, "PKCS12_create");
  require(PKCS12_set_mac(file, enrollment->password, -1, NULL, SALT_BYTES, iterations, EVP_sha256()),
          "PKCS12_set_mac");
  pfx.length = i2d_PKCS12(file, &pfx.bytes);
  require(pfx.length > 0, "i2d_PKCS12");
  PKCS12_free(file);
  return pfx;
}

static PKCS12 *parse_pfx(const Pfx *pfx) {
  const unsigned char *at = pfx->bytes;
  PKCS12 *file = d2i_PKCS12(NULL, &at, pfx->length);
  require(file != NULL && at == pfx->bytes + pfx->length, "d2i_PKCS12");
  return file;
}

/* PKCS12_parse checks the MAC itself; calling PKCS12_verify_mac before it would only derive that key twice. */
static Enrollment open_pfx(PKCS12 *file, const char *password) {
  Enrollment opened = {0};
  require(PKCS12_parse(file, password, &opened.key, &opened.certificate, NULL), "PKCS12_parse");
  require(opened.key != NULL && opened.certificate != NULL, "finding key and certificate");
  PKCS12_free(file);
  return opened;
}

static SSL_CTX *tls_context(const SSL_METHOD *method) {
  SSL_CTX *context = SSL_CTX_new(method);
  require(context != NULL, "SSL_CTX_new");
  require(SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION), "setting the protocol");
  require(SSL_CTX_set1_groups_list(context, "P-256"), "setting the group");
  return context;
}

/* Joins two ends by a pair of memory BIOs. */
static void join(SSL *client, SSL *server) {
  BIO *to_server = BIO_new(BIO_s_mem());
  BIO *to_client = BIO_new(BIO_s_mem());
  require(to_server != NULL && to_client != NULL && BIO_up_ref(to_server) && BIO_up_ref(to_client), "BIO_new");
  BIO_set_mem_eof_return(to_server, -1);
  BIO_set_mem_eof_return(to_client, -1);
  SSL_set_bio(client, to_client, to_server);
  SSL_set_bio(server, to_server, to_client);
  SSL_set_connect_state(client);
  SSL_set_accept_state(server);
}

static void shake_hands(SSL *client, SSL *server) {
  for (int turn = 0; turn < 10 && !(SSL_is_init_finished(client) && SSL_is_init_finished(server)); turn++) {
    int done = SSL_do_handshake(turn % 2 == 0 ? client : server);
    int error = done == 1 ? SSL_ERROR_NONE : SSL_get_error(turn % 2 == 0 ? client : server, done);
    require(error == SSL_ERROR_NONE || error == SSL_ERROR_WANT_READ, "the handshake");
  }
  require(SSL_is_init_finished(client) && SSL_is_init_finished(server), "finishing the handshake");
}

static void send_bytes(SSL *from, SSL *to) {
  unsigned char sent[MESSAGE_BYTES], received[MESSAGE_BYTES];
  require(RAND_bytes(sent, sizeof sent) == 1, "RAND_bytes");
  require(SSL_write(from, sent, sizeof sent) == sizeof sent, "SSL_write");
  require(SSL_read(to, received, sizeof received) == sizeof received, "SSL_read");
  require(CRYPTO_memcmp(sent, received, sizeof sent) == 0, "comparing the bytes");
}

static void prove_by_handshake(const Enrollment *opened, EVP_PKEY *expected, SSL_CTX *client_context) {
  SSL_CTX *server_context = tls_context(TLS_server_method());
  require(SSL_CTX_use_certificate(server_context, opened->certificate) == 1, "using the certificate");
  require(SSL_CTX_use_PrivateKey(server_context, opened->key) == 1, "using the key");
  SSL *client = SSL_new(client_context);
  SSL *server = SSL_new(server_context);
  require(client != NULL && server != NULL, "SSL_new");
  join(client, server);
  shake_hands(client, server);
  X509 *peer = SSL_get0_peer_certificate(client);
  require(peer != NULL && EVP_PKEY_eq(X509_get0_pubkey(peer), expected) == 1, "comparing the peer's key");
  send_bytes(client, server);
  send_bytes(server, client);
  SSL_free(client);
  SSL_free(server);
  SSL_CTX_free(server_context);
}

static EVP_PKEY_CTX *oaep(EVP_PKEY *key, int (*start)(EVP_PKEY_CTX *)) {
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
  require(context != NULL && start(context) == 1 &&
              EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 &&
              EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()) == 1,
          "setting up OAEP");
  return context;
}

static void prove_by_decryption(EVP_PKEY *private_key, EVP_PKEY *public_key) {
  unsigned char message[MESSAGE_BYTES], sealed[1024], opened[1024];
  size_t sealed_length = sizeof sealed, opened_length = sizeof opened;
  require(RAND_bytes(message, sizeof message) == 1, "RAND_bytes");
  EVP_PKEY_CTX *context = oaep(public_key, EVP_PKEY_encrypt_init);
  require(EVP_PKEY_encrypt(context, sealed, &sealed_length, message, sizeof message) == 1, "encrypting");
  EVP_PKEY_CTX_free(context);
  context = oaep(private_key, EVP_PKEY_decrypt_init);
  require(EVP_PKEY_decrypt(context, opened, &opened_length, sealed, sealed_length) == 1, "decrypting");
  EVP_PKEY_CTX_free(context);
  require(opened_length == sizeof message && CRYPTO_memcmp(message, opened, sizeof message) == 0,
          "comparing the message");
}

static void close_enrollment(Enrollment *enrollment) {
  EVP_PKEY_free(enrollment->key);
  X509_free(enrollment->certificate);
}

static void prove(const Pfx *pfx, const Task *task) {
  EVP_PKEY *expected = X509_get0_pubkey(task->enrollment.certificate);
  PKCS12 *file = parse_pfx(pfx);
  /* Our proof tries a file without its password too. */
  require(!PKCS12_verify_mac(file, "", 0), "refusing the empty password");
  ERR_clear_error();
  Enrollment opened = open_pfx(file, task->enrollment.password);
  require(EVP_PKEY_eq(opened.key, expected) == 1, "matching the key");
  prove_by_handshake(&opened, expected, task->client_context);
  if (task->encryption) prove_by_decryption(opened.key, expected);
  close_enrollment(&opened);
}

/* One round. What a task writes stays in its file until the next round writes another. */
static void do_round(Task *task, int iterations) {
  if (task->mode == OPEN) {
    Enrollment opened = open_pfx(parse_pfx(&task->pfx), task->enrollment.password);
    close_enrollment(&opened);
    return;
  }
  OPENSSL_free(task->pfx.bytes);
  task->pfx = write_pfx(&task->enrollment, iterations);
  if (task->mode == FULL) prove(&task->pfx, task);
}

static double nanoseconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static Mode mode_of(const char *name) {
  if (strcmp(name, "write") == 0) return WRITE;
  if (strcmp(name, "open") == 0) return OPEN;
  require(strcmp(name, "full") == 0, "reading the mode");
  return FULL;
}

static void print_outcome(const Task *task, double nanoseconds) {
  printf("{\"openssl\":\"%s\",\"nanoseconds\":%.0f,\"pfx\":\"", OpenSSL_version(OPENSSL_VERSION), nanoseconds);
  for (int i = 0; i < task->pfx.length; i++) printf("%02x", task->pfx.bytes[i]);
  printf("\"}\n");
}

int main(int count, char **arguments) {
  require(count == 5, "usage: openssl-yardstick write|open|full ITERATIONS ROUNDS identity|encryption:");
  int iterations = atoi(arguments[2]);
  int rounds = atoi(arguments[3]);
  require(iterations > 0 && rounds > 0, "reading the counts");
  Task task = {.mode = mode_of(arguments[1]), .encryption = strcmp(arguments[4], "encryption") == 0};
  task.enrollment = read_enrollment();
  if (task.mode == OPEN) task.pfx = read_pfx();
  task.client_context = tls_context(TLS_client_method());
  /* Untimed: the first round loads algorithms and fills caches. */
  do_round(&task, 1);
  double start = nanoseconds_now();
  for (int round = 0; round < rounds; round++) do_round(&task, iterations);
  print_outcome(&task, (nanoseconds_now() - start) / rounds);
  OPENSSL_free(task.pfx.bytes);
  SSL_CTX_free(task.client_context);
  close_enrollment(&task.enrollment);
  return 0;
}
