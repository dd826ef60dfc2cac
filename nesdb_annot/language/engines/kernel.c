/* The layers of ESM-2 (Lin et al. 2023) for one thread of a processor with AVX512-BF16.

   All matrix products, those of attention too, go through one routine, `tile`: rows of pairs of bfloat16, each broadcast,
   times a panel of up to 64 columns, in up to 24 vector registers. "Pair": two bfloat16 in 32 bits, neighbours along
   the dimension that is summed over. Sums, residual stream, norms and softmax are float32.
   No number depends on which sequences lie in the same batch: each row is summed in the same order wherever it lies. */

#include <immintrin.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))
enum { ROWS = 6, LANES = 16, PANEL = 64, KEYS = 128 };
enum epilogue { WRITE, ADD, GELU };

typedef struct {
    const float *norm_attention, *norm_feed; /* weights, then biases */
    const uint32_t *qkv, *out, *rise, *fall; /* panels of pairs */
    const float *qkv_bias, *out_bias, *rise_bias, *fall_bias;
} layer;

typedef struct {
    uint32_t *normed, *hidden, *query, *key, *value, *words, *chances; /* pairs */
    float *mixed, *scores, *context;
} scratch;

/* 2^x for x <= 0, to 7.5e-5: enough for bfloat16. */
INLINE __m512 power(__m512 x) {
    const __m512 f = _mm512_sub_ps(x, _mm512_roundscale_ps(x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC));
    __m512 p = _mm512_fmadd_ps(_mm512_set1_ps(7.802448561e-02f), f, _mm512_set1_ps(2.260672081e-01f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(6.958335224e-01f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(9.999252194e-01f));
    return _mm512_scalef_ps(p, x);
}

/* x times the normal distribution function; erf as in Abramowitz and Stegun 7.1.26. */
INLINE __m512 gelu(__m512 x) {
    const __m512 z = _mm512_mul_ps(_mm512_abs_ps(x), _mm512_set1_ps(0.70710678f));
    const __m512 t = _mm512_rcp14_ps(_mm512_fmadd_ps(z, _mm512_set1_ps(0.3275911f), _mm512_set1_ps(1.0f)));
    __m512 p = _mm512_fmadd_ps(_mm512_set1_ps(1.061405429f), t, _mm512_set1_ps(-1.453152027f));
    p = _mm512_fmadd_ps(p, t, _mm512_set1_ps(1.421413741f));
    p = _mm512_fmadd_ps(p, t, _mm512_set1_ps(-0.284496736f));
    p = _mm512_mul_ps(t, _mm512_fmadd_ps(p, t, _mm512_set1_ps(0.254829592f)));
    const __m512 tail = power(_mm512_mul_ps(_mm512_mul_ps(z, z), _mm512_set1_ps(-1.44269504f)));
    const __m512 half = _mm512_mul_ps(x, _mm512_set1_ps(0.5f));
    const __m512 erf = _mm512_fnmadd_ps(p, tail, _mm512_set1_ps(1.0f));
    return _mm512_fmadd_ps(_mm512_abs_ps(half), erf, half);
}

/* Pairs of one vector and the next: low halves from `even`, high halves from `odd`; rounded to nearest. */
INLINE __m512i paired(__m512 even, __m512 odd) {
    const __m512i half = _mm512_set1_epi32(0x8000);
    const __m512i low = _mm512_srli_epi32(_mm512_add_epi32(_mm512_castps_si512(even), half), 16);
    const __m512i high = _mm512_add_epi32(_mm512_castps_si512(odd), half);
    return _mm512_ternarylogic_epi32(low, high, _mm512_set1_epi32((int)0xffff0000), 0xd8);
}

/* sums[r][v] += rows[r][p] . panel[p][v] over all pairs p. */
INLINE void tile(const int R, const int V, const uint32_t *rows, long stride, const uint32_t *panel, long width,
                 long pairs, __m512 sums[ROWS][4]) {
    for (long p = 0; p < pairs; p++) {
        __m512bh column[4];
#pragma GCC unroll 4
        for (int v = 0; v < V; v++) column[v] = (__m512bh)_mm512_loadu_si512(panel + p * width + v * LANES);
#pragma GCC unroll 6
        for (int r = 0; r < R; r++) {
            const __m512bh row = (__m512bh)_mm512_set1_epi32((int)rows[r * stride + p]);
#pragma GCC unroll 4
            for (int v = 0; v < V; v++) sums[r][v] = _mm512_dpbf16_ps(sums[r][v], row, column[v]);
        }
    }
}

/* R rows and V vectors of a linear layer. `out` counts floats or, for GELU, pairs. */
INLINE void linear_block(const int R, const int V, const enum epilogue then, const uint32_t *rows, long pairs,
                         const uint32_t *panel, const float *bias, void *out, long stride) {
    __m512 sums[ROWS][4];
#pragma GCC unroll 6
    for (int r = 0; r < R; r++)
#pragma GCC unroll 4
        for (int v = 0; v < V; v++) sums[r][v] = _mm512_loadu_ps(bias + v * LANES);
    tile(R, V, rows, pairs, panel, V * LANES, pairs, sums);
#pragma GCC unroll 6
    for (int r = 0; r < R; r++)
#pragma GCC unroll 4
        for (int v = 0; v < V; v++) {
            if (then == GELU) {
                uint32_t *to = (uint32_t *)out + r * stride + v * LANES / 2;
                _mm256_storeu_si256((__m256i *)to, (__m256i)_mm512_cvtneps_pbh(gelu(sums[r][v])));
            } else {
                float *to = (float *)out + r * stride + v * LANES;
                _mm512_storeu_ps(to, then == ADD ? _mm512_add_ps(sums[r][v], _mm512_loadu_ps(to)) : sums[r][v]);
            }
        }
}

#define BY_ROWS(count, call) \
    switch (count) { \
        case 1: { enum { R = 1 }; call; break; } \
        case 2: { enum { R = 2 }; call; break; } \
        case 3: { enum { R = 3 }; call; break; } \
        case 4: { enum { R = 4 }; call; break; } \
        case 5: { enum { R = 5 }; call; break; } \
        default: { enum { R = 6 }; call; } \
    }

INLINE long least(long a, long b) { return a < b ? a : b; }

INLINE void linear_panel(const int V, const enum epilogue then, const uint32_t *rows, long count, long pairs,
                         const uint32_t *panel, const float *bias, char *out, long stride) {
    for (long m = 0; m < count; m += ROWS) {
        const uint32_t *from = rows + m * pairs;
        char *to = out + m * stride * 4;
        BY_ROWS(count - m, linear_block(R, V, then, from, pairs, panel, bias, to, stride))
    }
}

/* count rows of `pairs` pairs times weights to `width` columns, a multiple of 32; panels of 64, the last perhaps of 32. */
INLINE void linear(const enum epilogue then, const uint32_t *rows, long count, long pairs, const uint32_t *weights,
                   const float *bias, long width, void *out) {
    const long stride = then == GELU ? width / 2 : width;
    for (long n = 0; n < width; n += PANEL) {
        char *to = (char *)out + (then == GELU ? n / 2 : n) * 4;
        const uint32_t *panel = weights + n * pairs;
        if (width - n >= PANEL)
            linear_panel(4, then, rows, count, pairs, panel, bias + n, to, stride);
        else
            linear_panel(2, then, rows, count, pairs, panel, bias + n, to, stride);
    }
}

/* LayerNorm of each row, to float32 or to pairs. */
static void norm(const float *x, long count, long width, const float *parameters, float *plain, uint32_t *pairs) {
    for (long m = 0; m < count; m++, x += width) {
        __m512 sum = _mm512_setzero_ps(), squares = _mm512_setzero_ps();
        for (long i = 0; i < width; i += LANES) sum = _mm512_add_ps(sum, _mm512_loadu_ps(x + i));
        const __m512 mean = _mm512_set1_ps(_mm512_reduce_add_ps(sum) / width);
        for (long i = 0; i < width; i += LANES) {
            const __m512 d = _mm512_sub_ps(_mm512_loadu_ps(x + i), mean);
            squares = _mm512_fmadd_ps(d, d, squares);
        }
        const float variance = _mm512_reduce_add_ps(squares) / width + 1e-5f;
        const __m512 scale = _mm512_set1_ps(1.0f / _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(variance))));
        for (long i = 0; i < width; i += LANES) {
            const __m512 d = _mm512_mul_ps(_mm512_sub_ps(_mm512_loadu_ps(x + i), mean), scale);
            const __m512 weight = _mm512_loadu_ps(parameters + i), bias = _mm512_loadu_ps(parameters + width + i);
            const __m512 y = _mm512_fmadd_ps(d, weight, bias);
            if (plain)
                _mm512_storeu_ps(plain + m * width + i, y);
            else
                _mm256_storeu_si256((__m256i *)(pairs + (m * width + i) / 2), (__m256i)_mm512_cvtneps_pbh(y));
        }
    }
}

/* to[c][r] = from[r][c] for 16 x 16 words; rows and columns beyond `rows` and `columns` are not touched, or 0. */
INLINE void transpose(const uint32_t *from, long from_stride, long rows, long columns, uint32_t *to, long to_stride) {
    __m512i a[16], b[16];
    const __mmask16 mask = (__mmask16)((1u << columns) - 1);
#pragma GCC unroll 16
    for (int r = 0; r < 16; r++) a[r] = r < rows ? _mm512_maskz_loadu_epi32(mask, from + r * from_stride) : _mm512_setzero_si512();
#pragma GCC unroll 8
    for (int r = 0; r < 16; r += 2) {
        b[r] = _mm512_unpacklo_epi32(a[r], a[r + 1]);
        b[r + 1] = _mm512_unpackhi_epi32(a[r], a[r + 1]);
    }
#pragma GCC unroll 4
    for (int r = 0; r < 16; r += 4) {
        a[r] = _mm512_unpacklo_epi64(b[r], b[r + 2]);
        a[r + 1] = _mm512_unpackhi_epi64(b[r], b[r + 2]);
        a[r + 2] = _mm512_unpacklo_epi64(b[r + 1], b[r + 3]);
        a[r + 3] = _mm512_unpackhi_epi64(b[r + 1], b[r + 3]);
    }
#pragma GCC unroll 4
    for (int r = 0; r < 4; r++) {
        b[r] = _mm512_shuffle_i32x4(a[r], a[r + 4], 0x88);
        b[r + 4] = _mm512_shuffle_i32x4(a[r], a[r + 4], 0xdd);
        b[r + 8] = _mm512_shuffle_i32x4(a[r + 8], a[r + 12], 0x88);
        b[r + 12] = _mm512_shuffle_i32x4(a[r + 8], a[r + 12], 0xdd);
    }
#pragma GCC unroll 8
    for (int r = 0; r < 8; r++) {
        a[r] = _mm512_shuffle_i32x4(b[r], b[r + 8], 0x88);
        a[r + 8] = _mm512_shuffle_i32x4(b[r], b[r + 8], 0xdd);
    }
#pragma GCC unroll 16
    for (int c = 0; c < 16; c++)
        if (c < columns) _mm512_storeu_si512(to + c * to_stride, a[c]);
}

/* Query or key of one head and token, turned by its position and scaled; the pair of i is (i, i + half). */
INLINE void turned(const float *x, long half, const float *cosine, const float *sine, __m512 scale, uint32_t *pairs) {
    for (long i = 0; i < half; i += LANES) {
        const __mmask16 mask = half - i >= LANES ? 0xffff : (__mmask16)((1u << (half - i)) - 1);
        const __m512 first = _mm512_maskz_loadu_ps(mask, x + i), second = _mm512_maskz_loadu_ps(mask, x + half + i);
        const __m512 c = _mm512_mul_ps(_mm512_maskz_loadu_ps(mask, cosine + i), scale);
        const __m512 s = _mm512_mul_ps(_mm512_maskz_loadu_ps(mask, sine + i), scale);
        const __m512 low = _mm512_fnmadd_ps(second, s, _mm512_mul_ps(first, c));
        const __m512 high = _mm512_fmadd_ps(first, s, _mm512_mul_ps(second, c));
        _mm512_mask_storeu_epi32(pairs + i, mask, paired(low, high));
    }
}

/* Bring one head of one sequence into the layouts of attention: panels of queries, rows of keys, rows of transposed values. */
static void pack_head(const float *mixed, long length, long width, long depth, const float *cosine, const float *sine,
                      scratch *s) {
    const long half = depth / 2, stride = 3 * width, couples = (length + 1) / 2, room = (couples + 15) / 16 * 16;
    const __m512 scale = _mm512_set1_ps(1.44269504f / _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss((float)depth))));
    for (long t = 0; t < length; t++) {
        turned(mixed + t * stride, half, cosine + t * half, sine + t * half, scale, s->words + t * half);
        turned(mixed + t * stride + width, half, cosine + t * half, sine + t * half, _mm512_set1_ps(1.0f), s->key + t * half);
    }
    for (long t = 0; t < length; t += LANES)
        for (long p = 0; p < half; p += 16)
            transpose(s->words + t * half + p, half, length - t, least(16, half - p),
                      s->query + t / PANEL * PANEL * half + p * PANEL + t % PANEL, PANEL);
    for (long j = 0; j < couples; j++)
        for (long i = 0; i < depth; i += LANES) {
            const __mmask16 mask = depth - i >= LANES ? 0xffff : (__mmask16)((1u << (depth - i)) - 1);
            const float *even = mixed + 2 * j * stride + 2 * width + i;
            const __m512 odd = 2 * j + 1 < length ? _mm512_maskz_loadu_ps(mask, even + stride) : _mm512_setzero_ps();
            _mm512_mask_storeu_epi32(s->words + j * depth + i, mask, paired(_mm512_maskz_loadu_ps(mask, even), odd));
        }
    for (long j = 0; j < couples; j += 16)
        for (long i = 0; i < depth; i += 16)
            transpose(s->words + j * depth + i, depth, couples - j, least(16, depth - i), s->value + i * room + j, room);
}

INLINE void score_block(const int R, const int V, const uint32_t *keys, const uint32_t *queries, long half, float *scores,
                        __m512 *most) {
    __m512 sums[ROWS][4];
#pragma GCC unroll 6
    for (int r = 0; r < R; r++)
#pragma GCC unroll 4
        for (int v = 0; v < V; v++) sums[r][v] = _mm512_setzero_ps();
    tile(R, V, keys, half, queries, PANEL, half, sums);
#pragma GCC unroll 6
    for (int r = 0; r < R; r++)
#pragma GCC unroll 4
        for (int v = 0; v < V; v++) {
            _mm512_storeu_ps(scores + r * PANEL + v * LANES, sums[r][v]);
            most[v] = _mm512_max_ps(most[v], sums[r][v]);
        }
}

INLINE void context_block(const int R, const int V, const uint32_t *values, long room, const uint32_t *chances, long couples,
                          float *context) {
    __m512 sums[ROWS][4];
#pragma GCC unroll 6
    for (int r = 0; r < R; r++)
#pragma GCC unroll 4
        for (int v = 0; v < V; v++) sums[r][v] = _mm512_loadu_ps(context + r * PANEL + v * LANES);
    tile(R, V, values, room, chances, PANEL, couples, sums);
#pragma GCC unroll 6
    for (int r = 0; r < R; r++)
#pragma GCC unroll 4
        for (int v = 0; v < V; v++) _mm512_storeu_ps(context + r * PANEL + v * LANES, sums[r][v]);
}

/* Up to 16 V queries against all keys, KEYS at a time, with a running maximum (Milakov and Gimelshein 2018). */
INLINE void attend(const int V, const uint32_t *queries, long length, long depth, scratch *s) {
    const long half = depth / 2, room = ((length + 1) / 2 + 15) / 16 * 16;
    __m512 most[4], total[4];
    for (int v = 0; v < V; v++) most[v] = _mm512_set1_ps(-1e30f), total[v] = _mm512_setzero_ps();
    memset(s->context, 0, depth * PANEL * sizeof(float));
    for (long first = 0; first < length; first += KEYS) {
        const long keys = least(KEYS, length - first), couples = (keys + 1) / 2;
        __m512 before[4];
        for (int v = 0; v < V; v++) before[v] = most[v];
        for (long k = 0; k < keys; k += ROWS)
            BY_ROWS(keys - k, score_block(R, V, s->key + (first + k) * half, queries, half, s->scores + k * PANEL, most))
        if (keys % 2)
            for (int v = 0; v < V; v++) _mm512_storeu_ps(s->scores + keys * PANEL + v * LANES, _mm512_set1_ps(-1e30f));
        for (int v = 0; v < V; v++) {
            const __m512 shrink = power(_mm512_sub_ps(before[v], most[v]));
            total[v] = _mm512_mul_ps(total[v], shrink);
            if (_mm512_cmplt_ps_mask(before[v], most[v]))
                for (long i = 0; i < depth; i++) {
                    float *at = s->context + i * PANEL + v * LANES;
                    _mm512_storeu_ps(at, _mm512_mul_ps(_mm512_loadu_ps(at), shrink));
                }
        }
        for (long j = 0; j < couples; j++)
#pragma GCC unroll 4
            for (int v = 0; v < V; v++) {
                const float *at = s->scores + 2 * j * PANEL + v * LANES;
                const __m512 even = power(_mm512_sub_ps(_mm512_loadu_ps(at), most[v]));
                const __m512 odd = power(_mm512_sub_ps(_mm512_loadu_ps(at + PANEL), most[v]));
                total[v] = _mm512_add_ps(total[v], _mm512_add_ps(even, odd));
                _mm512_storeu_si512(s->chances + j * PANEL + v * LANES, paired(even, odd));
            }
        for (long i = 0; i < depth; i += ROWS)
            BY_ROWS(depth - i, context_block(R, V, s->value + i * room + first / 2, room, s->chances, couples, s->context + i * PANEL))
    }
    for (long i = 0; i < half; i++)
        for (int v = 0; v < V; v++) {
            const float *at = s->context + 2 * i * PANEL + v * LANES;
            const __m512 low = _mm512_div_ps(_mm512_loadu_ps(at), total[v]);
            const __m512 high = _mm512_div_ps(_mm512_loadu_ps(at + PANEL), total[v]);
            _mm512_storeu_si512(s->chances + i * PANEL + v * LANES, paired(low, high));
        }
}

/* Context of one head of one sequence, to `out`: rows of width / 2 pairs. */
static void attention(long length, long width, long depth, scratch *s, uint32_t *out) {
    const long half = depth / 2;
    for (long t = 0; t < length; t += PANEL) {
        const uint32_t *queries = s->query + t * half;
        const long vectors = (least(PANEL, length - t) + LANES - 1) / LANES;
        switch (vectors) {
            case 1: attend(1, queries, length, depth, s); break;
            case 2: attend(2, queries, length, depth, s); break;
            case 3: attend(3, queries, length, depth, s); break;
            default: attend(4, queries, length, depth, s);
        }
        for (long v = 0; v < vectors; v++)
            for (long p = 0; p < half; p += 16) {
                uint32_t turned_back[16 * 16];
                transpose(s->chances + p * PANEL + v * LANES, PANEL, least(16, half - p), 16, turned_back, 16);
                const long queries_here = least(LANES, length - t - v * LANES);
                const __mmask16 mask = half - p >= 16 ? 0xffff : (__mmask16)((1u << (half - p)) - 1);
                for (long q = 0; q < queries_here; q++)
                    _mm512_mask_storeu_epi32(out + (t + v * LANES + q) * width / 2 + p, mask,
                                             _mm512_loadu_si512(turned_back + q * 16));
            }
    }
}

static void advance(float *x, long tokens, long width, long heads, const long *lengths, long sequences, const layer *l,
                    const float *cosine, const float *sine, scratch *s) {
    const long depth = width / heads;
    norm(x, tokens, width, l->norm_attention, 0, s->normed);
    linear(WRITE, s->normed, tokens, width / 2, l->qkv, l->qkv_bias, 3 * width, s->mixed);
    for (long q = 0, at = 0; q < sequences; at += lengths[q++])
        for (long h = 0; h < heads; h++) {
            pack_head(s->mixed + at * 3 * width + h * depth, lengths[q], width, depth, cosine, sine, s);
            attention(lengths[q], width, depth, s, s->normed + (at * width + h * depth) / 2);
        }
    linear(ADD, s->normed, tokens, width / 2, l->out, l->out_bias, width, x);
    norm(x, tokens, width, l->norm_feed, 0, s->normed);
    linear(GELU, s->normed, tokens, width / 2, l->rise, l->rise_bias, 4 * width, s->hidden);
    linear(ADD, s->hidden, tokens, 2 * width, l->fall, l->fall_bias, width, x);
}

static void *room_for(char **end, long words) {
    char *here = *end;
    *end += (words * 4 + 63) / 64 * 64 + 64;
    return here;
}

static long lay_out(scratch *s, char *base, long tokens, long width, long depth, long longest) {
    char *end = base;
    const long padded = (longest + PANEL - 1) / PANEL * PANEL + PANEL;
    s->normed = room_for(&end, tokens * width / 2);
    s->mixed = room_for(&end, tokens * width * 3);
    s->hidden = (uint32_t *)s->mixed; /* 2 words for each 3: never needed together */
    s->query = room_for(&end, padded * depth / 2);
    s->key = room_for(&end, padded * depth / 2);
    s->value = room_for(&end, padded * depth / 2);
    s->words = room_for(&end, padded * depth / 2);
    s->chances = room_for(&end, (KEYS > depth ? KEYS : depth) / 2 * PANEL + PANEL);
    s->scores = room_for(&end, (KEYS + 1) * PANEL);
    s->context = room_for(&end, depth * PANEL);
    return end - base;
}

/* Advance x (tokens, width) through the layers, in place, and apply the last norm where `last` is given.
   Width is a multiple of 32, width / heads even; cosine and sine have shape (longest, depth / 2). 0, or 1 without memory. */
int nesannot_forward(float *x, long tokens, long width, long heads, const long *lengths, long sequences,
                     const layer *layers, long depth, const float *last, const float *cosine, const float *sine) {
    scratch s;
    long longest = 0;
    for (long q = 0; q < sequences; q++) longest = lengths[q] > longest ? lengths[q] : longest;
    char *memory = aligned_alloc(64, lay_out(&s, 0, tokens, width, width / heads, longest));
    if (!memory) return 1;
    lay_out(&s, memory, tokens, width, width / heads, longest);
    for (long n = 0; n < depth; n++)
        advance(x, tokens, width, heads, lengths, sequences, layers + n, cosine, sine, &s);
    if (last) norm(x, tokens, width, last, x, 0);
    free(memory);
    return 0;
}
