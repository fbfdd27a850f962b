// What Glibc's module map leaves out: epoll, eventfd, signalfd, accept4, memmem, mallopt, and one thread-local word.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

static const uint32_t clinux_EPOLLIN = EPOLLIN;
static const uint32_t clinux_EPOLLOUT = EPOLLOUT;
static const uint32_t clinux_EPOLLERR = EPOLLERR;
static const uint32_t clinux_EPOLLHUP = EPOLLHUP;
static const uint32_t clinux_EPOLLRDHUP = EPOLLRDHUP;
static const int clinux_EPOLL_CTL_ADD = EPOLL_CTL_ADD;
static const int clinux_EPOLL_CTL_MOD = EPOLL_CTL_MOD;
static const int clinux_EPOLL_CTL_DEL = EPOLL_CTL_DEL;

int clinux_epoll_create(void);
int clinux_epoll_ctl(int epoll, int operation, int fd, uint32_t events, uint64_t data);
/// One ready descriptor, unpacked so that Swift need not import the packed `struct epoll_event`.
typedef struct {
    uint32_t events;
    uint64_t data;
} clinux_event;
int clinux_epoll_wait(int epoll, clinux_event *events, int capacity, int timeout_ms);
int clinux_eventfd(void);
int clinux_accept4(int fd, struct sockaddr *address, socklen_t *length);
int clinux_socket(int family, int type);
int clinux_signalfd(const int *signals, int count);
const void *clinux_memmem(const void *haystack, size_t haystack_length, const void *needle, size_t needle_length);
/// mallopt: M_TRIM_THRESHOLD, M_TOP_PAD and M_MMAP_THRESHOLD in bytes; and no fast bins.
void clinux_keep_memory(int trim_threshold, int top_pad, int mmap_threshold);
/// CRC-32C (Castagnoli), by the processor's instruction where it has one.
uint32_t clinux_crc32c(uint32_t seed, const void *bytes, size_t count);

/// The event loop that runs on this thread, or null: Swift has no thread-local storage of its own.
void *clinux_current_loop(void);
void clinux_set_current_loop(void *loop);

/// The scheduler that stands in for the system's on this thread, or null; inline, because every look at the clock asks.
extern _Thread_local void *clinux_scheduler;
static inline void *clinux_current_scheduler(void) { return clinux_scheduler; }
static inline void clinux_set_current_scheduler(void *scheduler) { clinux_scheduler = scheduler; }

/// Names the calling thread; Linux keeps 15 bytes of it.
void clinux_set_thread_name(const char *name);
