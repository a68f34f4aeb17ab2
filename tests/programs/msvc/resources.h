#define BLOB_ID      101
#define OTHER_ID     205
#define STRING_HELLO 17
#define STRING_FAR   4000
