// Chooses the widest build of a kernel that the processor runs. A kernel is declared once with PRISMAP_KERNEL and
// called through prismap::name, compiled in the namespaces avx512, avx2 and base.
#pragma once

namespace prismap {

enum class Isa { base, avx2, avx512 };

inline Isa detectIsa() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")) return Isa::avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return Isa::avx2;
#endif
  return Isa::base;
}

inline Isa isa() {
  static const Isa found = detectIsa();
  return found;
}

}  // namespace prismap

#if defined(__x86_64__)
#define PRISMAP_KERNEL(name, parameters, arguments)          \
  namespace prismap {                                        \
  namespace avx512 { void name parameters; }                 \
  namespace avx2 { void name parameters; }                   \
  namespace base { void name parameters; }                   \
  inline void name parameters {                              \
    switch (isa()) {                                         \
      case Isa::avx512: return avx512::name arguments;       \
      case Isa::avx2: return avx2::name arguments;           \
      case Isa::base: return base::name arguments;           \
    }                                                        \
  }                                                          \
  }
#else
#define PRISMAP_KERNEL(name, parameters, arguments)          \
  namespace prismap {                                        \
  namespace base { void name parameters; }                   \
  inline void name parameters { base::name arguments; }      \
  }
#endif
