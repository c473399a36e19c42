// TensorFlow operations PrismapSilu, PrismapLayerNorm, PrismapLinear, PrismapCausalConv and their gradients over layers.cc.
#include "absl/status/status.h"
#include "../simd/parallel.h"
#include "layers.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/shape_inference.h"

namespace tf = tensorflow;

namespace prismap {
namespace {

constexpr int64_t kParts = 16;  // ranges whose sums are added in order

const float* valuesOf(tf::OpKernelContext* context, int input) { return context->input(input).flat<float>().data(); }

// An output of the shape of an input; null after an error, which the context then holds.
float* outputLike(tf::OpKernelContext* context, int output, int input) {
  tf::Tensor* tensor = nullptr;
  const absl::Status status = context->allocate_output(output, context->input(input).shape(), &tensor);
  if (!status.ok()) {
    context->SetStatus(status);
    return nullptr;
  }
  return tensor->flat<float>().data();
}

// Whether input `i` has `count` elements; sets the error where not.
bool hasElements(tf::OpKernelContext* context, int i, int64_t count) {
  if (context->input(i).NumElements() == count) return true;
  context->SetStatus(absl::InvalidArgumentError("an operand has another size than the input needs"));
  return false;
}

class SiluOp : public tf::OpKernel {
 public:
  explicit SiluOp(tf::OpKernelConstruction* construction) : OpKernel(construction) {}
  void Compute(tf::OpKernelContext* context) override {
    float* y = outputLike(context, 0, 0);
    if (y == nullptr) return;
    const float* x = valuesOf(context, 0);
    parallel(context, context->input(0).NumElements(), 4,
             [&](int64_t first, int64_t last) { siluForward(first, last, x, y); });
  }
};

class SiluGradientOp : public tf::OpKernel {
 public:
  explicit SiluGradientOp(tf::OpKernelConstruction* construction) : OpKernel(construction) {}
  void Compute(tf::OpKernelContext* context) override {
    const int64_t count = context->input(0).NumElements();
    if (!hasElements(context, 1, count)) return;
    float* gx = outputLike(context, 0, 0);
    if (gx == nullptr) return;
    const float *x = valuesOf(context, 0), *gy = valuesOf(context, 1);
    parallel(context, count, 5, [&](int64_t first, int64_t last) { siluBackward(first, last, x, gy, gx); });
  }
};

// Inputs x (…, channels), weight, bias (channels).
class NormOp : public tf::OpKernel {
 public:
  explicit NormOp(tf::OpKernelConstruction* construction) : OpKernel(construction) {
    OP_REQUIRES_OK(construction, construction->GetAttr("epsilon", &epsilon_));
  }
  void Compute(tf::OpKernelContext* context) override {
    const tf::Tensor& x = context->input(0);
    const int64_t channels = x.dim_size(x.dims() - 1);
    if (!hasElements(context, 1, channels) || !hasElements(context, 2, channels)) return;
    float* y = outputLike(context, 0, 0);
    if (y == nullptr || x.NumElements() == 0) return;
    parallel(context, x.NumElements() / channels, 4 * channels, [&](int64_t first, int64_t last) {
      normForward({first, last, channels}, epsilon_, valuesOf(context, 0), valuesOf(context, 1), valuesOf(context, 2),
                  y);
    });
  }

 private:
  float epsilon_;
};

// Inputs x, weight, gradient of the output; outputs gradients of x, weight, bias.
class NormGradientOp : public tf::OpKernel {
 public:
  explicit NormGradientOp(tf::OpKernelConstruction* construction) : OpKernel(construction) {
    OP_REQUIRES_OK(construction, construction->GetAttr("epsilon", &epsilon_));
  }
  void Compute(tf::OpKernelContext* context) override {
    const tf::Tensor& x = context->input(0);
    const int64_t channels = x.dim_size(x.dims() - 1);
    if (!hasElements(context, 1, channels) || !hasElements(context, 2, x.NumElements())) return;
    float *gx = outputLike(context, 0, 0), *weight = outputLike(context, 1, 1), *bias = outputLike(context, 2, 1);
    if (gx == nullptr || weight == nullptr || bias == nullptr) return;
    const int64_t rows = channels == 0 ? 0 : x.NumElements() / channels;
    const auto sums = sumOverParts(
        context, rows, kParts, 10 * channels, 2 * channels, [&](int64_t first, int64_t last, float* part) {
          normBackward({first, last, channels}, epsilon_, valuesOf(context, 0), valuesOf(context, 1),
                       valuesOf(context, 2), gx, part);
        });
    std::copy_n(sums.data(), channels, weight);
    std::copy_n(sums.data() + channels, channels, bias);
  }

 private:
  float epsilon_;
};

// Inputs x (…, in), weight (out, in), bias (out) or nothing.
class LinearOp : public tf::OpKernel {
 public:
  explicit LinearOp(tf::OpKernelConstruction* construction) : OpKernel(construction) {}
  void Compute(tf::OpKernelContext* context) override {
    const tf::Tensor& x = context->input(0);
    const int64_t in = context->input(1).dim_size(1), out = context->input(1).dim_size(0);
    const int64_t rows = in == 0 ? 0 : x.NumElements() / in;
    const bool biased = context->input(2).NumElements() > 0;
    if (!hasElements(context, 0, rows * in) || (biased && !hasElements(context, 2, out))) return;
    tf::TensorShape shape = x.shape();
    shape.set_dim(x.dims() - 1, out);
    tf::Tensor* y = nullptr;
    OP_REQUIRES_OK(context, context->allocate_output(0, shape, &y));
    const float* weight = valuesOf(context, 1);
    std::vector<float> transposed(in * out);
    for (int64_t o = 0; o < out; o++) {
      for (int64_t i = 0; i < in; i++) transposed[i * out + o] = weight[o * in + i];
    }
    parallel(context, rows, in * out / 8 + 1, [&](int64_t first, int64_t last) {
      linearForward({first, last, in, out}, valuesOf(context, 0), transposed.data(),
                    biased ? valuesOf(context, 2) : nullptr, y->flat<float>().data());
    });
  }
};

// Inputs x, weight, bias or nothing, gradient of the output; outputs gradients of x, weight, bias.
class LinearGradientOp : public tf::OpKernel {
 public:
  explicit LinearGradientOp(tf::OpKernelConstruction* construction) : OpKernel(construction) {}
  void Compute(tf::OpKernelContext* context) override {
    const int64_t in = context->input(1).dim_size(1), out = context->input(1).dim_size(0);
    const int64_t rows = in == 0 ? 0 : context->input(0).NumElements() / in;
    if (!hasElements(context, 0, rows * in) || !hasElements(context, 3, rows * out)) return;
    float *gx = outputLike(context, 0, 0), *weight = outputLike(context, 1, 1), *bias = outputLike(context, 2, 2);
    if (!context->status().ok()) return;  // the gradient of no bias has no elements
    const auto sums = sumOverParts(
        context, rows, kParts, in * out / 4 + 1, (in + 1) * out, [&](int64_t first, int64_t last, float* part) {
          linearBackward({first, last, in, out}, valuesOf(context, 0), valuesOf(context, 1), valuesOf(context, 3), gx,
                         part);
        });
    std::copy_n(sums.data(), in * out, weight);
    std::copy_n(sums.data() + in * out, context->input(2).NumElements(), bias);
  }
};

// Inputs x (batch, steps, channels), kernel (taps, channels), bias (channels).
class CausalConvOp : public tf::OpKernel {
 public:
  explicit CausalConvOp(tf::OpKernelConstruction* construction) : OpKernel(construction) {}
  void Compute(tf::OpKernelContext* context) override {
    const tf::Tensor& x = context->input(0);
    const int64_t steps = x.dim_size(1), channels = x.dim_size(2), taps = context->input(1).dim_size(0);
    if (!hasElements(context, 1, taps * channels) || !hasElements(context, 2, channels)) return;
    float* y = outputLike(context, 0, 0);
    if (y == nullptr) return;
    parallel(context, x.dim_size(0), steps * channels * taps, [&](int64_t first, int64_t last) {
      causalForward({first, last, steps, channels}, taps, valuesOf(context, 0), valuesOf(context, 1),
                    valuesOf(context, 2), y);
    });
  }
};

// Inputs x, kernel, bias, gradient of the output; outputs gradients of x, kernel, bias.
class CausalConvGradientOp : public tf::OpKernel {
 public:
  explicit CausalConvGradientOp(tf::OpKernelConstruction* construction) : OpKernel(construction) {}
  void Compute(tf::OpKernelContext* context) override {
    const tf::Tensor& x = context->input(0);
    const int64_t steps = x.dim_size(1), channels = x.dim_size(2), taps = context->input(1).dim_size(0);
    if (!hasElements(context, 1, taps * channels) || !hasElements(context, 2, channels)) return;
    if (!hasElements(context, 3, x.NumElements())) return;
    float *gx = outputLike(context, 0, 0), *kernel = outputLike(context, 1, 1), *bias = outputLike(context, 2, 2);
    if (gx == nullptr || kernel == nullptr || bias == nullptr) return;
    const auto sums = sumOverParts(
        context, x.dim_size(0), kParts, 2 * steps * channels * taps, (taps + 1) * channels,
        [&](int64_t first, int64_t last, float* part) {
          causalBackward({first, last, steps, channels}, taps, valuesOf(context, 0), valuesOf(context, 1),
                         valuesOf(context, 3), gx, part);
        });
    std::copy_n(sums.data(), taps * channels, kernel);
    std::copy_n(sums.data() + taps * channels, channels, bias);
  }
};

// The outputs have the shapes of the inputs named.
template <int... kInputs>
absl::Status shapesOf(tf::shape_inference::InferenceContext* context) {
  int output = 0;
  (context->set_output(output++, context->input(kInputs)), ...);
  return absl::OkStatus();
}

REGISTER_OP("PrismapSilu").Input("x: float").Output("y: float").SetShapeFn(shapesOf<0>);
REGISTER_OP("PrismapSiluGradient")
    .Input("x: float")
    .Input("gradient: float")
    .Output("x_gradient: float")
    .SetShapeFn(shapesOf<0>);
REGISTER_OP("PrismapLayerNorm")
    .Attr("epsilon: float")
    .Input("x: float")
    .Input("weight: float")
    .Input("bias: float")
    .Output("y: float")
    .SetShapeFn(shapesOf<0>);
REGISTER_OP("PrismapLayerNormGradient")
    .Attr("epsilon: float")
    .Input("x: float")
    .Input("weight: float")
    .Input("gradient: float")
    .Output("x_gradient: float")
    .Output("weight_gradient: float")
    .Output("bias_gradient: float")
    .SetShapeFn(shapesOf<0, 1, 1>);
REGISTER_OP("PrismapLinear")
    .Input("x: float")
    .Input("weight: float")
    .Input("bias: float")
    .Output("y: float")
    .SetShapeFn(tf::shape_inference::UnknownShape);
REGISTER_OP("PrismapLinearGradient")
    .Input("x: float")
    .Input("weight: float")
    .Input("bias: float")
    .Input("gradient: float")
    .Output("x_gradient: float")
    .Output("weight_gradient: float")
    .Output("bias_gradient: float")
    .SetShapeFn(shapesOf<0, 1, 2>);
REGISTER_OP("PrismapCausalConv")
    .Input("x: float")
    .Input("kernel: float")
    .Input("bias: float")
    .Output("y: float")
    .SetShapeFn(shapesOf<0>);
REGISTER_OP("PrismapCausalConvGradient")
    .Input("x: float")
    .Input("kernel: float")
    .Input("bias: float")
    .Input("gradient: float")
    .Output("x_gradient: float")
    .Output("kernel_gradient: float")
    .Output("bias_gradient: float")
    .SetShapeFn(shapesOf<0, 1, 2>);

REGISTER_KERNEL_BUILDER(Name("PrismapSilu").Device(tf::DEVICE_CPU), SiluOp);
REGISTER_KERNEL_BUILDER(Name("PrismapSiluGradient").Device(tf::DEVICE_CPU), SiluGradientOp);
REGISTER_KERNEL_BUILDER(Name("PrismapLayerNorm").Device(tf::DEVICE_CPU), NormOp);
REGISTER_KERNEL_BUILDER(Name("PrismapLayerNormGradient").Device(tf::DEVICE_CPU), NormGradientOp);
REGISTER_KERNEL_BUILDER(Name("PrismapLinear").Device(tf::DEVICE_CPU), LinearOp);
REGISTER_KERNEL_BUILDER(Name("PrismapLinearGradient").Device(tf::DEVICE_CPU), LinearGradientOp);
REGISTER_KERNEL_BUILDER(Name("PrismapCausalConv").Device(tf::DEVICE_CPU), CausalConvOp);
REGISTER_KERNEL_BUILDER(Name("PrismapCausalConvGradient").Device(tf::DEVICE_CPU), CausalConvGradientOp);

}  // namespace
}  // namespace prismap
