/* Notes which blocks of the decoders' code run for the first time, inside a confined worker, with the libraries as they
 * are shipped. The first byte of each block is a trap. Whoever runs into one puts the byte back, notes the block in
 * memory shared with the fuzzer, and goes on where it was: a block costs once, then runs at full speed (Nagy and Hicks,
 * "Full-speed Fuzzing", IEEE Symposium on Security and Privacy 2019).
 *
 * Everything here is called before the walls close, except `trapped`, which makes no system call. Errors are negative
 * error numbers, as the kernel gives them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

enum { TRAP = 0xCC, MOST_OBJECTS = 56 };

struct object {
    uint8_t *bias;          /* added to an address of the file it gives the address in this process */
    const uint32_t *starts; /* where the blocks begin, ascending */
    uint8_t *kept;          /* the byte that stood there */
    uint32_t count;
    uint32_t first; /* the number of its first block among those of all objects */
};

/* The memory both sides see; behind it one byte a block, not zero where the fuzzer knows the block already. */
struct shared {
    _Atomic uint64_t count;
    uint8_t loaded[MOST_OBJECTS]; /* not zero for an object this worker has loaded */
    _Atomic uint32_t noted[];     /* numbers of blocks plus one, in the order they ran */
};

static struct object objects[MOST_OBJECTS];
static uint32_t object_count;
static struct shared *shared;
static uint32_t total;

static const uint8_t *known(void) { return (const uint8_t *)&shared->noted[total]; }

static void note(uint32_t number) {
    uint64_t place = atomic_fetch_add(&shared->count, 1);
    if (place < total) atomic_store(&shared->noted[place], number + 1);
}

/* The place of a block among those of an object, or its count when none begins there. */
static uint32_t place_of(const struct object *one, const uint8_t *at) {
    if (at < one->bias || (uint64_t)(at - one->bias) > UINT32_MAX) return one->count;
    uint32_t start = (uint32_t)(at - one->bias), low = 0, high = one->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (one->starts[middle] < start) low = middle + 1;
        else high = middle;
    }
    return low < one->count && one->starts[low] == start ? low : one->count;
}

static void trapped(int number, siginfo_t *facts, void *context) {
    (void)facts;
    greg_t *next = &((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
    uint8_t *at = (uint8_t *)*next - 1;
    *next = (greg_t)at;
    for (uint32_t index = 0; index < object_count; index++) {
        const struct object *one = &objects[index];
        uint32_t place = place_of(one, at);
        if (place == one->count || one->kept[place] == TRAP) continue;
        /* Of two threads on one block the second finds the byte back in its place: nothing is left to do for it. */
        uint8_t expected = TRAP;
        if (__atomic_compare_exchange_n(at, &expected, one->kept[place], 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
            note(one->first + place);
        return;
    }
    signal(number, SIG_DFL); /* a trap of the code's own: met again, it ends the worker as it would have */
}

/* The fuzzer's memory is mapped here, and its file closed again: a worker holds nothing open but its pipes. */
int share(const char *path, uint32_t blocks) {
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) return -errno;
    size_t length = sizeof(struct shared) + (size_t)blocks * (sizeof(uint32_t) + 1);
    void *found = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    int error = errno;
    close(file);
    if (found == MAP_FAILED) return -error;
    shared = found;
    total = blocks;
    return 0;
}

struct wanted {
    const char *name;
    uint8_t *bias;
    int error;
};

/* The code of the object of this name is this process's own copy and can be written to. */
static int make_writable(struct dl_phdr_info *found, size_t size, void *context) {
    (void)size;
    struct wanted *wanted = context;
    const char *name = strrchr(found->dlpi_name, '/');
    if (name == NULL || strcmp(name + 1, wanted->name) != 0) return 0;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (int index = 0; index < found->dlpi_phnum; index++) {
        const ElfW(Phdr) *segment = &found->dlpi_phdr[index];
        if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_X)) continue;
        uintptr_t from = (found->dlpi_addr + segment->p_vaddr) & ~(page - 1);
        uintptr_t to = (found->dlpi_addr + segment->p_vaddr + segment->p_memsz + page - 1) & ~(page - 1);
        if (mprotect((void *)from, to - from, PROT_READ | PROT_WRITE | PROT_EXEC) != 0) wanted->error = -errno;
    }
    wanted->bias = (uint8_t *)found->dlpi_addr;
    return 1;
}

/* The blocks of the object of this file name are noted from now on, if this process has loaded it; then 1, else 0.
 * `starts` must stay where it is. */
int cover(const char *name, const uint32_t *starts, uint32_t count, uint32_t first) {
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART, .sa_sigaction = trapped};
    struct wanted wanted = {.name = name};
    if (object_count == MOST_OBJECTS || shared == NULL || first > total || count > total - first) return -EINVAL;
    if (!dl_iterate_phdr(make_writable, &wanted)) return 0;
    if (wanted.error != 0) return wanted.error;
    uint8_t *kept = malloc(count ? count : 1);
    if (kept == NULL) return -ENOMEM;
    for (uint32_t place = 0; place < count; place++) kept[place] = wanted.bias[starts[place]];
    objects[object_count] = (struct object){wanted.bias, starts, kept, count, first};
    object_count++;
    if (sigaction(SIGTRAP, &action, NULL) != 0) return -errno;
    for (uint32_t place = 0; place < count; place++)
        if (!known()[first + place]) wanted.bias[starts[place]] = TRAP;
    return 1;
}

/* What the fuzzer is told of an object by its index. */
void tell_loaded(uint32_t index) {
    if (index < MOST_OBJECTS) shared->loaded[index] = 1;
}
