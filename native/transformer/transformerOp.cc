// TensorFlow operations over attention.cc, feedForward.cc and optimizer.cc. Those named …InPlace change their input's memory:
// callers give them tensors that nobody else reads meanwhile.
#include <algorithm>
#include <memory>

#include "../simd/parallel.h"
#include "absl/status/status.h"
#include "attention.h"
#include "feedForward.h"
#include "optimizer.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/shape_inference.h"

namespace tf = tensorflow;

namespace prismap {
namespace {

constexpr int64_t kParts = 16;  // ranges whose sums are added in order

const float* valuesOf(tf::OpKernelContext* context, int input) { return context->input(input).flat<float>().data(); }

float* ownValuesOf(tf::OpKernelContext* context, int input) { return const_cast<float*>(valuesOf(context, input)); }

// An output of a shape; null after an error, which the context then holds.
float* outputOf(tf::OpKernelContext* context, int output, const tf::TensorShape& shape) {
  tf::Tensor* tensor = nullptr;
  const absl::Status status = context->allocate_output(output, shape, &tensor);
  if (!status.ok()) {
    context->SetStatus(status);
    return nullptr;
  }
  return tensor->flat<float>().data();
}

float* outputLike(tf::OpKernelContext* context, int output, int input) {
  return outputOf(context, output, context->input(input).shape());
}

// Whether input `i` has `count` elements; sets the error where not.
bool hasElements(tf::OpKernelContext* context, int i, int64_t count) {
  if (context->input(i).NumElements() == count) return true;
  context->SetStatus(absl::InvalidArgumentError("an operand has another size than the input needs"));
  return false;
}

Span rowsOf(const tf::Tensor& x) {
  const int64_t channels = x.dims() == 0 ? 0 : x.dim_size(x.dims() - 1);
  return {0, channels == 0 ? 0 : x.NumElements() / channels, channels};
}

// Memory of a thread to work in, on whole cache lines; kept from call to call, because touching new memory costs more.
float* workspaceOf(int64_t floats) {
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };
  thread_local std::unique_ptr<float, Free> memory;
  thread_local int64_t size = 0;
  if (floats > size) {
    const int64_t bytes = (floats * sizeof(float) + 63) / 64 * 64;
    memory.reset(static_cast<float*>(std::aligned_alloc(64, bytes)));
    size = floats;
  }
  return memory.get();
}

class AttentionBase : public tf::OpKernel {
 public:
  explicit AttentionBase(tf::OpKernelConstruction* construction) : OpKernel(construction) {
    tf::int32 heads = 0;
    OP_REQUIRES_OK(construction, construction->GetAttr("heads", &heads));
    heads_ = heads;
  }

 protected:
  // Sizes of q; heads = 0 after an error.
  Attention shapeOf(tf::OpKernelContext* context) const {
    const tf::Tensor& q = context->input(0);
    if (q.dims() != 3 || heads_ < 1 || q.dim_size(2) % heads_ != 0 || q.NumElements() == 0) {
      context->SetStatus(absl::InvalidArgumentError("attention needs (batch, tokens, heads times size)"));
      return {0, 0, 0};
    }
    for (int i = 1; i < 3; i++) {
      if (!hasElements(context, i, q.NumElements())) return {0, 0, 0};
    }
    return {q.dim_size(1), heads_, q.dim_size(2) / heads_};
  }

 private:
  int64_t heads_ = 0;
};

// Inputs q, k, v (batch, tokens, width); outputs the mixed values, likewise, and log-sums (batch, heads, tokens).
class AttentionOp : public AttentionBase {
 public:
  using AttentionBase::AttentionBase;
  void Compute(tf::OpKernelContext* context) override {
    const Attention a = shapeOf(context);
    if (a.heads == 0) return;
    const int64_t batch = context->input(0).dim_size(0), sample = a.tokens * a.row();
    float *out = outputLike(context, 0, 0), *sums = outputOf(context, 1, tf::TensorShape({batch, a.heads, a.tokens}));
    tf::Tensor packed;
    const int64_t size = a.columnsSize() + a.rowsSize();
    OP_REQUIRES_OK(context, context->allocate_temp(tf::DT_FLOAT, tf::TensorShape({batch * a.heads, size}), &packed));
    if (out == nullptr || sums == nullptr) return;
    float* pack = packed.flat<float>().data();
    const float *q = valuesOf(context, 0), *k = valuesOf(context, 1), *v = valuesOf(context, 2);
    const auto startOf = [&](int64_t head) { return head / a.heads * sample + head % a.heads * a.size; };
    parallel(context, batch * a.heads, 4 * size, [&](int64_t first, int64_t last) {
      for (int64_t head = first; head < last; head++) {
        float* columns = pack + head * size;
        attentionPack(a, k + startOf(head), v + startOf(head), columns, columns + a.columnsSize());
      }
    });
    const int64_t blocks = (a.tokens + kQueryRows - 1) / kQueryRows;
    parallel(context, batch * a.heads * blocks, kQueryRows * a.tokens * a.size, [&](int64_t first, int64_t last) {
      float* workspace = workspaceOf(forwardWorkspace(a));
      for (int64_t unit = first; unit < last; unit++) {
        const int64_t head = unit / blocks, row = unit % blocks * kQueryRows;
        const float* columns = pack + head * size;
        attendForward(a, row, std::min(a.tokens, row + kQueryRows), q + startOf(head), columns,
                      columns + a.columnsSize(), out + startOf(head), sums + head * a.tokens, workspace);
      }
    });
  }
};

// Inputs q, k, v, the two outputs, the gradient of the first; outputs gradients of q, k, v.
class AttentionGradientOp : public AttentionBase {
 public:
  using AttentionBase::AttentionBase;
  void Compute(tf::OpKernelContext* context) override {
    const Attention a = shapeOf(context);
    if (a.heads == 0) return;
    const int64_t batch = context->input(0).dim_size(0), sample = a.tokens * a.row();
    if (!hasElements(context, 3, batch * sample) || !hasElements(context, 5, batch * sample)) return;
    if (!hasElements(context, 4, batch * a.heads * a.tokens)) return;
    float *gq = outputLike(context, 0, 0), *gk = outputLike(context, 1, 0), *gv = outputLike(context, 2, 0);
    if (gq == nullptr || gk == nullptr || gv == nullptr) return;
    const float *q = valuesOf(context, 0), *k = valuesOf(context, 1), *v = valuesOf(context, 2);
    const float *out = valuesOf(context, 3), *sums = valuesOf(context, 4), *gradient = valuesOf(context, 5);
    // One head at a time a thread: its sums over query rows are then added in one order.
    parallel(context, batch * a.heads, 5 * a.tokens * a.tokens * a.size / 8, [&](int64_t first, int64_t last) {
      float* workspace = workspaceOf(backwardWorkspace(a));
      for (int64_t head = first; head < last; head++) {
        const int64_t at = head / a.heads * sample + head % a.heads * a.size;
        attendBackward(a,
                       {q + at, k + at, v + at, out + at, sums + head * a.tokens, gradient + at, gq + at, gk + at,
                        gv + at},
                       workspace);
      }
    });
  }
};

// Inputs x (…, channels), bias (channels).
class GeluOp : public tf::OpKernel {
 public:
  explicit GeluOp(tf::OpKernelConstruction* construction) : OpKernel(construction) {}
  void Compute(tf::OpKernelContext* context) override {
    const Span rows = rowsOf(context->input(0));
    if (!hasElements(context, 1, rows.channels)) return;
    float* y = outputLike(context, 0, 0);
    if (y == nullptr) return;
    const float *x = valuesOf(context, 0), *bias = valuesOf(context, 1);
    parallel(context, rows.last, 3 * rows.channels, [&](int64_t first, int64_t last) {
      geluForward({first, last, rows.channels}, x, bias, y);
    });
  }
};

// Inputs x, bias, gradient of the output, which is overwritten by that of x; outputs that and the gradient of the bias.
class GeluGradientOp : public tf::OpKernel {
 public:
  explicit GeluGradientOp(tf::OpKernelConstruction* construction) : OpKernel(construction) {}
  void Compute(tf::OpKernelContext* context) override {
    const Span rows = rowsOf(context->input(0));
    if (!hasElements(context, 1, rows.channels) || !hasElements(context, 2, context->input(0).NumElements())) return;
    float *gradient = ownValuesOf(context, 2), *biasGradient = outputLike(context, 1, 1);
    if (biasGradient == nullptr) return;
    const float *x = valuesOf(context, 0), *bias = valuesOf(context, 1);
    const auto sums = sumOverParts(
        context, rows.last, kParts, 6 * rows.channels, rows.channels, [&](int64_t first, int64_t last, float* part) {
          geluBackward({first, last, rows.channels}, x, bias, gradient, gradient, part);
        });
    std::copy_n(sums.data(), rows.channels, biasGradient);
    context->set_output(0, context->input(2));
  }
};

// Inputs x (…, channels), bias (channels); x += bias.
class AddBiasOp : public tf::OpKernel {
 public:
  explicit AddBiasOp(tf::OpKernelConstruction* construction) : OpKernel(construction) {}
  void Compute(tf::OpKernelContext* context) override {
    const Span rows = rowsOf(context->input(0));
    if (!hasElements(context, 1, rows.channels)) return;
    float* x = ownValuesOf(context, 0);
    const float* bias = valuesOf(context, 1);
    parallel(context, rows.last, rows.channels, [&](int64_t first, int64_t last) {
      addBias({first, last, rows.channels}, bias, x);
    });
    context->set_output(0, context->input(0));
  }
};

// Input x (…, channels); output the sum over all rows, (channels).
class SumRowsOp : public tf::OpKernel {
 public:
  explicit SumRowsOp(tf::OpKernelConstruction* construction) : OpKernel(construction) {}
  void Compute(tf::OpKernelContext* context) override {
    const Span rows = rowsOf(context->input(0));
    float* total = outputOf(context, 0, tf::TensorShape({rows.channels}));
    if (total == nullptr) return;
    const float* x = valuesOf(context, 0);
    const auto sums = sumOverParts(
        context, rows.last, kParts, rows.channels, rows.channels, [&](int64_t first, int64_t last, float* part) {
          sumRows({first, last, rows.channels}, x, part);
        });
    std::copy_n(sums.data(), rows.channels, total);
  }
};

// Inputs weight, first and second moment, gradient, the eight numbers of `AdamW`; the first three are changed.
class AdamWOp : public tf::OpKernel {
 public:
  explicit AdamWOp(tf::OpKernelConstruction* construction) : OpKernel(construction) {}
  void Compute(tf::OpKernelContext* context) override {
    const int64_t count = context->input(0).NumElements();
    for (int i = 1; i < 4; i++) {
      if (!hasElements(context, i, count)) return;
    }
    if (!hasElements(context, 4, 8)) return;
    const float* n = valuesOf(context, 4);
    const AdamW step = {n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7]};
    float *weight = ownValuesOf(context, 0), *m = ownValuesOf(context, 1), *v = ownValuesOf(context, 2);
    const float* gradient = valuesOf(context, 3);
    parallel(context, count, 8,
             [&](int64_t first, int64_t last) { adamwStep(step, first, last, gradient, weight, m, v); });
    context->set_output(0, context->input(0));
  }
};

// Inputs sum, x, share (1): sum += share · x.
class AddShareOp : public tf::OpKernel {
 public:
  explicit AddShareOp(tf::OpKernelConstruction* construction) : OpKernel(construction) {}
  void Compute(tf::OpKernelContext* context) override {
    const int64_t count = context->input(0).NumElements();
    if (!hasElements(context, 1, count) || !hasElements(context, 2, 1)) return;
    float* sum = ownValuesOf(context, 0);
    const float *x = valuesOf(context, 1), share = *valuesOf(context, 2);
    parallel(context, count, 2, [&](int64_t first, int64_t last) { addShare(first, last, share, x, sum); });
    context->set_output(0, context->input(0));
  }
};

// Any number of tensors; the sum of squares of each, (N).
class SumSquaresOp : public tf::OpKernel {
 public:
  explicit SumSquaresOp(tf::OpKernelConstruction* construction) : OpKernel(construction) {}
  void Compute(tf::OpKernelContext* context) override {
    constexpr int64_t kPiece = 1 << 16;
    float* sums = outputOf(context, 0, tf::TensorShape({context->num_inputs()}));
    if (sums == nullptr) return;
    for (int i = 0; i < context->num_inputs(); i++) {
      const int64_t count = context->input(i).NumElements();
      const float* x = valuesOf(context, i);
      std::vector<double> parts((count + kPiece - 1) / kPiece);
      parallel(context, parts.size(), kPiece, [&](int64_t first, int64_t last) {
        for (int64_t part = first; part < last; part++) {
          sumSquares(part * kPiece, std::min(count, (part + 1) * kPiece), x, &parts[part]);
        }
      });
      double total = 0;
      for (const double part : parts) total += part;
      sums[i] = static_cast<float>(total);
    }
  }
};

// The outputs have the shapes of the inputs named.
template <int... kInputs>
absl::Status shapesOf(tf::shape_inference::InferenceContext* context) {
  int output = 0;
  (context->set_output(output++, context->input(kInputs)), ...);
  return absl::OkStatus();
}

REGISTER_OP("PrismapAttention")
    .Attr("heads: int")
    .Input("q: float")
    .Input("k: float")
    .Input("v: float")
    .Output("mixed: float")
    .Output("log_sums: float")
    .SetShapeFn(tf::shape_inference::UnknownShape);
REGISTER_OP("PrismapAttentionGradient")
    .Attr("heads: int")
    .Input("q: float")
    .Input("k: float")
    .Input("v: float")
    .Input("mixed: float")
    .Input("log_sums: float")
    .Input("gradient: float")
    .Output("q_gradient: float")
    .Output("k_gradient: float")
    .Output("v_gradient: float")
    .SetShapeFn(shapesOf<0, 1, 2>);
REGISTER_OP("PrismapGelu")
    .Input("x: float")
    .Input("bias: float")
    .Output("y: float")
    .SetShapeFn(shapesOf<0>);
REGISTER_OP("PrismapGeluGradientInPlace")
    .Input("x: float")
    .Input("bias: float")
    .Input("gradient: float")
    .Output("x_gradient: float")
    .Output("bias_gradient: float")
    .SetIsStateful()
    .SetShapeFn(shapesOf<0, 1>);
REGISTER_OP("PrismapAddBiasInPlace")
    .Input("x: float")
    .Input("bias: float")
    .Output("y: float")
    .SetIsStateful()
    .SetShapeFn(shapesOf<0>);
REGISTER_OP("PrismapSumRows").Input("x: float").Output("sums: float").SetShapeFn(tf::shape_inference::UnknownShape);
REGISTER_OP("PrismapAdamWInPlace")
    .Input("weight: float")
    .Input("first: float")
    .Input("second: float")
    .Input("gradient: float")
    .Input("numbers: float")
    .Output("same: float")
    .SetIsStateful()
    .SetShapeFn(shapesOf<0>);
REGISTER_OP("PrismapAddShareInPlace")
    .Input("sum: float")
    .Input("x: float")
    .Input("share: float")
    .Output("same: float")
    .SetIsStateful()
    .SetShapeFn(shapesOf<0>);
REGISTER_OP("PrismapSumSquares")
    .Attr("N: int >= 1")
    .Input("x: N * float")
    .Output("sums: float")
    .SetShapeFn(tf::shape_inference::UnknownShape);

REGISTER_KERNEL_BUILDER(Name("PrismapAttention").Device(tf::DEVICE_CPU), AttentionOp);
REGISTER_KERNEL_BUILDER(Name("PrismapAttentionGradient").Device(tf::DEVICE_CPU), AttentionGradientOp);
REGISTER_KERNEL_BUILDER(Name("PrismapGelu").Device(tf::DEVICE_CPU), GeluOp);
REGISTER_KERNEL_BUILDER(Name("PrismapGeluGradientInPlace").Device(tf::DEVICE_CPU), GeluGradientOp);
REGISTER_KERNEL_BUILDER(Name("PrismapAddBiasInPlace").Device(tf::DEVICE_CPU), AddBiasOp);
REGISTER_KERNEL_BUILDER(Name("PrismapSumRows").Device(tf::DEVICE_CPU), SumRowsOp);
REGISTER_KERNEL_BUILDER(Name("PrismapAdamWInPlace").Device(tf::DEVICE_CPU), AdamWOp);
REGISTER_KERNEL_BUILDER(Name("PrismapAddShareInPlace").Device(tf::DEVICE_CPU), AddShareOp);
REGISTER_KERNEL_BUILDER(Name("PrismapSumSquares").Device(tf::DEVICE_CPU), SumSquaresOp);

}  // namespace
}  // namespace prismap
