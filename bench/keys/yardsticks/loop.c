/*
 * The yardstick of a token: what the group keys measures, as a C program calls the token's library, with nothing around
 * it. The library is loaded, the user logged in, sessions opened and keys found before time is taken.
 *
 *     token-loop LIBRARY LABEL
 *
 * Compiled with -DNODE_ADDON, it is loaded into Node instead, and finds LIBRARY and LABEL as variables. It has that
 * process to itself: no JavaScript runs. But the token's library finds Node's own OpenSSL there, as under our provider.
 *
 * stdin: the PIN, then requests, a line each; KIND is rsa (RSA-2048) or p256.
 *   sign KIND ID DATA THREADS ROUNDS  signs DATA so many times on each of so many threads, with the private key of that
 *                                     CKA_ID: PKCS#1 v1.5 over a DigestInfo, or ECDSA over a digest; ID and DATA in hex
 *   generate KIND ROUNDS              makes key pairs that stay in the token; their removal is not counted
 *   exportable KIND ROUNDS            makes key pairs of the session, wraps each private key by RFC 5649 under a key of
 *                                     the token, computes an HMAC-SHA256 over that, and wraps it again under an AES key
 *                                     made for this one, which is wrapped by RSA-OAEP to a public key of 3072 bits that
 *                                     is brought in; removes all of them
 *   unwrap KIND ROUNDS                computes the HMAC, unwraps, and wraps again in the same way
 * stdout: first the library's description, then for each request nanoseconds for one on average, and of sign the last
 * signature, in hex. Exit 0, or 1 with the reason on stderr.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CK_PTR *
#include <pkcs11/pkcs11.h>

#define MOST_THREADS 8
#define SLOTS 64
#define LABEL_BYTES 32
#define MOST_BYTES 8192
#define RSA_BITS 2048
#define RECIPIENT_BITS 3072
#define AES_BYTES 32

#define COUNT(list) (sizeof(list) / sizeof *(list))
#define OF(variable) &(variable), sizeof(variable)

typedef struct {
  unsigned char bytes[MOST_BYTES];
  CK_ULONG length;
} Bytes;

typedef struct {
  const char *name;
  CK_KEY_TYPE type;
  CK_MECHANISM_TYPE generate, sign;
} Kind;

/* What one thread signs. */
typedef struct {
  CK_SESSION_HANDLE session;
  CK_MECHANISM mechanism;
  CK_OBJECT_HANDLE key;
  Bytes data, signature;
  int rounds;
} Signing;

static const Kind kinds[] = {
    {"rsa", CKK_RSA, CKM_RSA_PKCS_KEY_PAIR_GEN, CKM_RSA_PKCS},
    {"p256", CKK_EC, CKM_EC_KEY_PAIR_GEN, CKM_ECDSA},
};
static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_OBJECT_CLASS private_class = CKO_PRIVATE_KEY, public_class = CKO_PUBLIC_KEY, secret_class = CKO_SECRET_KEY;
static CK_KEY_TYPE aes = CKK_AES, generic = CKK_GENERIC_SECRET, rsa = CKK_RSA;
static const CK_MECHANISM rfc5649 = {CKM_AES_KEY_WRAP_PAD, NULL, 0};

static CK_FUNCTION_LIST_PTR token;
static CK_SESSION_HANDLE sessions[MOST_THREADS];
/* What wraps keys at rest, and what binds them to their context. */
static CK_OBJECT_HANDLE custody_key, mac_key;

static void require(int condition, const char *step) {
  if (condition) return;
  fprintf(stderr, "token-loop: %s failed\n", step);
  exit(1);
}

static void check(CK_RV result, const char *step) {
  if (result == CKR_OK) return;
  fprintf(stderr, "token-loop: %s failed with 0x%lx\n", step, result);
  exit(1);
}

static double nanoseconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void read_hex(const char *text, Bytes *bytes) {
  unsigned int byte;
  for (bytes->length = 0; sscanf(text, "%2x", &byte) == 1; text += 2) {
    require(bytes->length < MOST_BYTES, "reading hex");
    bytes->bytes[bytes->length++] = (unsigned char)byte;
  }
}

static const Kind *kind_of(const char *name) {
  for (size_t i = 0; i < COUNT(kinds); i++)
    if (strcmp(kinds[i].name, name) == 0) return &kinds[i];
  require(0, "reading the kind of key");
  return NULL;
}

static CK_SLOT_ID slot_labelled(const char *label) {
  CK_SLOT_ID slots[SLOTS];
  CK_ULONG count = SLOTS;
  char padded[LABEL_BYTES + 1];
  snprintf(padded, sizeof padded, "%-*s", LABEL_BYTES, label);
  check(token->C_GetSlotList(CK_TRUE, slots, &count), "C_GetSlotList");
  for (CK_ULONG i = 0; i < count; i++) {
    CK_TOKEN_INFO info;
    check(token->C_GetTokenInfo(slots[i], &info), "C_GetTokenInfo");
    if (memcmp(info.label, padded, LABEL_BYTES) == 0) return slots[i];
  }
  require(0, "finding the token");
  return 0;
}

static void load(const char *library) {
  CK_C_GetFunctionList get_function_list;
  CK_C_INITIALIZE_ARGS arguments = {.flags = CKF_OS_LOCKING_OK};
  void *loaded = dlopen(library, RTLD_NOW);
  require(loaded != NULL, "loading the library");
  *(void **)&get_function_list = dlsym(loaded, "C_GetFunctionList");
  require(get_function_list != NULL, "finding C_GetFunctionList");
  check(get_function_list(&token), "C_GetFunctionList");
  check(token->C_Initialize(&arguments), "C_Initialize");
}

static CK_OBJECT_HANDLE make_secret_key(CK_MECHANISM_TYPE type, CK_ATTRIBUTE *template, CK_ULONG count) {
  CK_MECHANISM mechanism = {type, NULL, 0};
  CK_OBJECT_HANDLE key;
  check(token->C_GenerateKey(sessions[0], &mechanism, template, count, &key), "C_GenerateKey");
  return key;
}

/* Keys as the service has them in the token: that wrap and unwrap, or sign, and never leave. */
static void make_own_keys(void) {
  CK_ULONG length = AES_BYTES;
  CK_ATTRIBUTE custody[] = {
      {CKA_CLASS, OF(secret_class)}, {CKA_KEY_TYPE, OF(aes)},    {CKA_VALUE_LEN, OF(length)}, {CKA_TOKEN, OF(yes)},
      {CKA_PRIVATE, OF(yes)},        {CKA_SENSITIVE, OF(yes)},   {CKA_EXTRACTABLE, OF(no)},   {CKA_WRAP, OF(yes)},
      {CKA_UNWRAP, OF(yes)},         {CKA_ENCRYPT, OF(no)},      {CKA_DECRYPT, OF(no)}};
  CK_ATTRIBUTE mac[] = {
      {CKA_CLASS, OF(secret_class)}, {CKA_KEY_TYPE, OF(generic)}, {CKA_VALUE_LEN, OF(length)}, {CKA_TOKEN, OF(yes)},
      {CKA_PRIVATE, OF(yes)},        {CKA_SENSITIVE, OF(yes)},    {CKA_EXTRACTABLE, OF(no)},   {CKA_SIGN, OF(yes)}};
  custody_key = make_secret_key(CKM_AES_KEY_GEN, custody, COUNT(custody));
  mac_key = make_secret_key(CKM_GENERIC_SECRET_KEY_GEN, mac, COUNT(mac));
}

static CK_OBJECT_HANDLE find_private_key(Bytes *id) {
  CK_ATTRIBUTE wanted[] = {{CKA_CLASS, OF(private_class)}, {CKA_ID, id->bytes, id->length}};
  CK_OBJECT_HANDLE found;
  CK_ULONG count;
  check(token->C_FindObjectsInit(sessions[0], wanted, COUNT(wanted)), "C_FindObjectsInit");
  check(token->C_FindObjects(sessions[0], &found, 1, &count), "C_FindObjects");
  check(token->C_FindObjectsFinal(sessions[0]), "C_FindObjectsFinal");
  require(count == 1, "finding the key");
  return found;
}

static void sign(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, Bytes *data,
                 Bytes *signature) {
  signature->length = MOST_BYTES;
  check(token->C_SignInit(session, mechanism, key), "C_SignInit");
  check(token->C_Sign(session, data->bytes, data->length, signature->bytes, &signature->length), "C_Sign");
}

static void *sign_rounds(void *argument) {
  Signing *signing = argument;
  for (int round = 0; round < signing->rounds; round++)
    sign(signing->session, &signing->mechanism, signing->key, &signing->data, &signing->signature);
  return NULL;
}

static void answer_sign(const char *request) {
  char name[16], id[256], data[256];
  int threads, rounds;
  static Signing signings[MOST_THREADS];
  Bytes key_id;
  require(sscanf(request, "sign %15s %255s %255s %d %d", name, id, data, &threads, &rounds) == 5, "reading a request");
  require(threads >= 1 && threads <= MOST_THREADS && rounds >= 1, "reading the counts");
  read_hex(id, &key_id);
  for (int i = 0; i < threads; i++) {
    signings[i].session = sessions[i];
    signings[i].mechanism = (CK_MECHANISM){kind_of(name)->sign, NULL, 0};
    signings[i].key = find_private_key(&key_id);
    signings[i].rounds = rounds;
    read_hex(data, &signings[i].data);
  }
  pthread_t running[MOST_THREADS];
  double start = nanoseconds_now();
  for (int i = 1; i < threads; i++)
    require(pthread_create(&running[i], NULL, sign_rounds, &signings[i]) == 0, "starting a thread");
  sign_rounds(&signings[0]);
  for (int i = 1; i < threads; i++) pthread_join(running[i], NULL);
  printf("%.0f ", (nanoseconds_now() - start) / rounds / threads);
  for (CK_ULONG i = 0; i < signings[0].signature.length; i++) printf("%02x", signings[0].signature.bytes[i]);
  printf("\n");
}

typedef struct {
  CK_OBJECT_HANDLE public_key, private_key;
} Pair;

static Pair make_pair(const Kind *kind, int stays) {
  CK_ULONG bits = RSA_BITS;
  CK_BYTE exponent[] = {1, 0, 1}, p256[] = {6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7};
  CK_BBOOL is_token = stays ? CK_TRUE : CK_FALSE, leaves = stays ? CK_FALSE : CK_TRUE;
  CK_ATTRIBUTE public_key[6] = {
      {CKA_CLASS, OF(public_class)}, {CKA_TOKEN, OF(is_token)}, {CKA_VERIFY, OF(yes)}, {CKA_EC_PARAMS, OF(p256)}};
  CK_ATTRIBUTE private_key[] = {{CKA_CLASS, OF(private_class)}, {CKA_TOKEN, OF(is_token)},
                                {CKA_PRIVATE, OF(yes)},         {CKA_SENSITIVE, OF(yes)},
                                {CKA_SIGN, OF(yes)},            {CKA_EXTRACTABLE, OF(leaves)}};
  CK_ULONG public_count = 4;
  if (kind->type == CKK_RSA) {
    public_key[3] = (CK_ATTRIBUTE){CKA_MODULUS_BITS, OF(bits)};
    public_key[public_count++] = (CK_ATTRIBUTE){CKA_PUBLIC_EXPONENT, OF(exponent)};
  }
  CK_MECHANISM mechanism = {kind->generate, NULL, 0};
  Pair pair;
  check(token->C_GenerateKeyPair(sessions[0], &mechanism, public_key, public_count, private_key, COUNT(private_key),
                                 &pair.public_key, &pair.private_key),
        "C_GenerateKeyPair");
  return pair;
}

static void destroy(CK_OBJECT_HANDLE object) { check(token->C_DestroyObject(sessions[0], object), "C_DestroyObject"); }

static void destroy_pair(Pair pair) {
  destroy(pair.private_key);
  destroy(pair.public_key);
}

static void wrap(CK_MECHANISM mechanism, CK_OBJECT_HANDLE wrapping_key, CK_OBJECT_HANDLE key, Bytes *wrapped) {
  wrapped->length = MOST_BYTES;
  check(token->C_WrapKey(sessions[0], &mechanism, wrapping_key, key, wrapped->bytes, &wrapped->length), "C_WrapKey");
}

static void bind(Bytes *wrapped) {
  static Bytes mac;
  CK_MECHANISM mechanism = {CKM_SHA256_HMAC, NULL, 0};
  sign(sessions[0], &mechanism, mac_key, wrapped, &mac);
}

static CK_OBJECT_HANDLE make_transport_key(void) {
  CK_ULONG length = AES_BYTES;
  CK_ATTRIBUTE template[] = {{CKA_CLASS, OF(secret_class)}, {CKA_KEY_TYPE, OF(aes)}, {CKA_VALUE_LEN, OF(length)},
                             {CKA_TOKEN, OF(no)},           {CKA_WRAP, OF(yes)},     {CKA_SENSITIVE, OF(yes)},
                             {CKA_EXTRACTABLE, OF(yes)}};
  return make_secret_key(CKM_AES_KEY_GEN, template, COUNT(template));
}

/* The recipient's key. No one opens what is wrapped here, so any odd modulus does. */
static CK_OBJECT_HANDLE bring_recipient(void) {
  CK_BYTE modulus[RECIPIENT_BITS / 8], exponent[] = {1, 0, 1};
  memset(modulus, 0xc5, sizeof modulus);
  CK_ATTRIBUTE template[] = {{CKA_CLASS, OF(public_class)},  {CKA_KEY_TYPE, OF(rsa)}, {CKA_TOKEN, OF(no)},
                             {CKA_MODULUS, OF(modulus)},     {CKA_WRAP, OF(yes)},     {CKA_PRIVATE, OF(no)},
                             {CKA_PUBLIC_EXPONENT, OF(exponent)}};
  CK_OBJECT_HANDLE recipient;
  check(token->C_CreateObject(sessions[0], template, COUNT(template), &recipient), "C_CreateObject");
  return recipient;
}

/* Out of the token: under a key made for this one export, which leaves under a recipient's public key. */
static void export_key(CK_OBJECT_HANDLE key) {
  static Bytes sealed, exported;
  CK_RSA_PKCS_OAEP_PARAMS oaep = {CKM_SHA_1, CKG_MGF1_SHA1, CKZ_DATA_SPECIFIED, NULL, 0};
  CK_OBJECT_HANDLE recipient = bring_recipient(), transport_key = make_transport_key();
  wrap((CK_MECHANISM){CKM_RSA_PKCS_OAEP, OF(oaep)}, recipient, transport_key, &sealed);
  wrap(rfc5649, transport_key, key, &exported);
  destroy(transport_key);
  destroy(recipient);
}

static void make_exportable(const Kind *kind, Bytes *wrapped) {
  Pair pair = make_pair(kind, 0);
  wrap(rfc5649, custody_key, pair.private_key, wrapped);
  bind(wrapped);
  export_key(pair.private_key);
  destroy_pair(pair);
}

static void unwrap(const Kind *kind, Bytes *wrapped) {
  CK_KEY_TYPE type = kind->type;
  CK_ATTRIBUTE template[] = {{CKA_CLASS, OF(private_class)}, {CKA_KEY_TYPE, OF(type)}, {CKA_TOKEN, OF(no)},
                             {CKA_PRIVATE, OF(yes)},         {CKA_SENSITIVE, OF(yes)}, {CKA_EXTRACTABLE, OF(yes)}};
  CK_MECHANISM mechanism = rfc5649;
  CK_OBJECT_HANDLE key;
  bind(wrapped);
  check(token->C_UnwrapKey(sessions[0], &mechanism, custody_key, wrapped->bytes, wrapped->length, template,
                           COUNT(template), &key),
        "C_UnwrapKey");
  export_key(key);
  destroy(key);
}

static void answer_generate(const Kind *kind, int rounds) {
  double nanoseconds = 0;
  for (int round = 0; round < rounds; round++) {
    double start = nanoseconds_now();
    Pair pair = make_pair(kind, 1);
    nanoseconds += nanoseconds_now() - start;
    destroy_pair(pair);
  }
  printf("%.0f\n", nanoseconds / rounds);
}

static void answer_exportable(const Kind *kind, int rounds) {
  static Bytes wrapped;
  double start = nanoseconds_now();
  for (int round = 0; round < rounds; round++) make_exportable(kind, &wrapped);
  printf("%.0f\n", (nanoseconds_now() - start) / rounds);
}

static void answer_unwrap(const Kind *kind, int rounds) {
  static Bytes wrapped;
  make_exportable(kind, &wrapped);
  double start = nanoseconds_now();
  for (int round = 0; round < rounds; round++) unwrap(kind, &wrapped);
  printf("%.0f\n", (nanoseconds_now() - start) / rounds);
}

static void answer(const char *request) {
  char verb[16], name[16];
  int rounds;
  if (strncmp(request, "sign ", 5) == 0) {
    answer_sign(request);
    return;
  }
  require(sscanf(request, "%15s %15s %d", verb, name, &rounds) == 3 && rounds >= 1, "reading a request");
  const Kind *kind = kind_of(name);
  if (strcmp(verb, "generate") == 0) return answer_generate(kind, rounds);
  if (strcmp(verb, "exportable") == 0) return answer_exportable(kind, rounds);
  require(strcmp(verb, "unwrap") == 0, "reading a request");
  answer_unwrap(kind, rounds);
}

static void print_description(void) {
  CK_INFO info;
  CK_TOKEN_INFO token_info;
  CK_SESSION_INFO session;
  check(token->C_GetInfo(&info), "C_GetInfo");
  check(token->C_GetSessionInfo(sessions[0], &session), "C_GetSessionInfo");
  check(token->C_GetTokenInfo(session.slotID, &token_info), "C_GetTokenInfo");
  printf("%.16s, library %d.%d\n", token_info.model, info.libraryVersion.major, info.libraryVersion.minor);
}

static void serve(const char *library, const char *label) {
  char line[1024];
  require(library != NULL && label != NULL, "usage: token-loop LIBRARY LABEL:");
  setvbuf(stdout, NULL, _IOLBF, 0);
  load(library);
  CK_SLOT_ID slot = slot_labelled(label);
  for (int i = 0; i < MOST_THREADS; i++)
    check(token->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &sessions[i]), "C_OpenSession");
  require(fgets(line, sizeof line, stdin) != NULL, "reading the PIN");
  line[strcspn(line, "\n")] = '\0';
  check(token->C_Login(sessions[0], CKU_USER, (CK_UTF8CHAR_PTR)line, strlen(line)), "C_Login");
  make_own_keys();
  print_description();
  while (fgets(line, sizeof line, stdin) != NULL) answer(line);
  destroy(custody_key);
  destroy(mac_key);
  check(token->C_Finalize(NULL), "C_Finalize");
}

#ifdef NODE_ADDON
/* What Node calls when it loads an addon. */
void *napi_register_module_v1(void *env, void *exports) {
  (void)env;
  (void)exports;
  serve(getenv("LIBRARY"), getenv("LABEL"));
  fflush(stdout);
  _exit(0);
}
#else
int main(int count, char **arguments) {
  serve(count == 3 ? arguments[1] : NULL, count == 3 ? arguments[2] : NULL);
  return 0;
}
#endif
