// SPDX-License-Identifier: Apache-2.0
#include <linux/ptrace.h>

#include <dlfcn.h>
#include <elf.h>
#include <sys/uio.h>

#include <array>
#include <cstdint>
#include <cstring>

// Preloaded into linux.uml. The kernel there writes the floating point state of its processes as
// long as it was on older processors; where the processor's XSAVE area is larger (AMX), the host
// refuses (EFAULT). So here the short state is laid over the beginning of the whole one.
namespace {

using Ptrace = long (*)(int, int, void*, void*);

alignas(64) std::array<std::uint8_t, 32'768> whole;  // static: the caller's stack is a kernel's

const auto real_ptrace = reinterpret_cast<Ptrace>(dlsym(RTLD_NEXT, "ptrace"));

iovec completed(int pid, void* type, const iovec& part) {
    iovec area{whole.data(), whole.size()};
    if (real_ptrace(PTRACE_GETREGSET, pid, type, &area) != 0 || area.iov_len <= part.iov_len) {
        return part;
    }
    std::memcpy(whole.data(), part.iov_base, part.iov_len);
    return area;
}

}  // namespace

// In glibc's header it takes its arguments by an ellipsis; to the caller that is the same.
extern "C" long ptrace(int request, int pid, void* address, void* data) {
    if (request == PTRACE_SETREGSET && reinterpret_cast<std::uintptr_t>(address) == NT_X86_XSTATE) {
        iovec state = completed(pid, address, *static_cast<iovec*>(data));
        return real_ptrace(request, pid, address, &state);
    }
    return real_ptrace(request, pid, address, data);
}
