/* In place of NCCL for tests: the functions that Arow calls, with the signatures of nccl.h, between processes of one machine and in
 * ordinary memory. A message is a file that its receiver removes. Compiled by CardCommunicatorTests, with -DFOLDER for
 * the messages and -D for each fault. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef VERSION
#define VERSION 22703 /* 2.27.3 */
#endif

typedef struct { char internal[128]; } ncclUniqueId;
typedef struct { char folder[128]; int size, rank; long sent[64], received[64]; } *ncclComm_t;
typedef struct { void *to; size_t count; int peer; } Receive;

enum { Success = 0, SystemError = 2, InvalidArgument = 4, InvalidUsage = 5, Uint8 = 1 };

static ncclComm_t only;
static Receive pending[64];
static int receives, depth;

int ncclGetVersion(int *version) { *version = VERSION; return Success; }

int ncclGetUniqueId(ncclUniqueId *id)
{
    memset(id, 0, sizeof *id);
    strcpy(id->internal, FOLDER "/XXXXXX");
    return mkdtemp(id->internal) ? Success : SystemError;
}

int ncclCommInitRank(ncclComm_t *comm, int size, ncclUniqueId id, int rank)
{
#ifdef SHARED_CARD
    return InvalidUsage;
#endif
    only = calloc(1, sizeof *only);
    memcpy(only->folder, id.internal, sizeof only->folder);
    only->size = size;
    only->rank = rank;
    *comm = only;
    return Success;
}

static void name(char *path, ncclComm_t comm, int from, int to, long number)
{
    sprintf(path, "%s/%d-%d-%ld", comm->folder, from, to, number);
}

static int receive(Receive r)
{
    char path[256];
    FILE *file;
    name(path, only, r.peer, only->rank, only->received[r.peer]++);
    while (!(file = fopen(path, "r"))) usleep(1000);
    size_t count = fread(r.to, 1, r.count, file);
    fclose(file);
    unlink(path);
    return count == r.count ? Success : SystemError;
}

int ncclGroupStart(void) { depth++; return Success; }

int ncclGroupEnd(void)
{
#ifdef HANGS
    for (;;) pause();
#endif
    depth--;
    int result = Success;
    for (int i = 0; i < receives; i++) if (receive(pending[i])) result = SystemError;
    receives = 0;
    return result;
}

#ifndef LACKS_SEND
int ncclSend(const void *from, size_t count, int type, int peer, ncclComm_t comm, void *stream)
{
    char path[256], written[260];
    if (comm != only || type != Uint8 || stream || peer < 0 || peer >= comm->size) return InvalidArgument;
    name(path, comm, comm->rank, peer, comm->sent[peer]++);
    sprintf(written, "%s.new", path);
    FILE *file = fopen(written, "w");
    if (!file || fwrite(from, 1, count, file) != count || fclose(file) || rename(written, path)) return SystemError;
    return Success;
}
#endif

int ncclRecv(void *to, size_t count, int type, int peer, ncclComm_t comm, void *stream)
{
    if (comm != only || type != Uint8 || stream || peer < 0 || peer >= comm->size) return InvalidArgument;
    Receive r = { to, count, peer };
    if (!depth) return receive(r);
    pending[receives++] = r;
    return Success;
}

#ifndef LACKS_SEND
int ncclAllGather(const void *from, void *to, size_t count, int type, ncclComm_t comm, void *stream)
{
    int result = Success;
    ncclGroupStart();
    for (int peer = 0; peer < comm->size; peer++) {
        if (!result) result = ncclSend(from, count, type, peer, comm, stream);
        if (!result) result = ncclRecv((char *)to + peer * count, count, type, peer, comm, stream);
    }
    int ended = ncclGroupEnd();
    return result ? result : ended;
}
#endif

int ncclCommDestroy(ncclComm_t comm)
{
    if (comm != only) return InvalidArgument;
    rmdir(comm->folder); /* By the last one: it is empty then. */
    free(comm);
    return Success;
}
