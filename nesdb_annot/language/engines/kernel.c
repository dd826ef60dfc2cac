/* The layers of ESM-2 (Lin et al. 2023) for one thread of a processor with AVX512-BF16.

   All matrix products, those of attention too, go through one routine, `tile`: rows of pairs of bfloat16, each
   broadcast, times a panel of up to 64 columns, in up to 24 vector registers. "Pair": two bfloat16 in 32 bits,
   neighbours along the dimension that is summed over. Sums, residual stream, norms and softmax are float32.
   No number depends on which sequences lie in the same batch: each row is summed in the same order wherever it lies. */

#include <immintrin.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))
#define TALL 60.0f
enum { ROWS = 6, LANES = 16, PANEL = 64, KEYS = 192, NEAREST = 0x8000, CUT = 0 };
enum epilogue { WRITE, ADD, GELU };

typedef struct {
    const float *norm_attention, *norm_feed; /* weights, then biases */
    const uint32_t *qkv, *out, *rise, *fall; /* panels of pairs */
    const float *qkv_bias, *out_bias, *rise_bias, *fall_bias;
} layer;

typedef struct {
    uint32_t *normed, *hidden, *query, *key, *value, *words, *chances; /* pairs */
    float *mixed, *context;
} scratch;

/* 2^x, to 7.5e-5: enough for bfloat16. */
INLINE __m512 power(__m512 x) {
    const __m512 f = _mm512_sub_ps(x, _mm512_roundscale_ps(x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC));
    __m512 p = _mm512_fmadd_ps(_mm512_set1_ps(7.802448561e-02f), f, _mm512_set1_ps(2.260672081e-01f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(6.958335224e-01f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(9.999252194e-01f));
    return _mm512_scalef_ps(p, x);
}

/* x times the normal distribution function, to 7e-5: half and an odd polynomial, fitted for |x| <= 4.2. */
INLINE __m512 gelu(__m512 x) {
    const __m512 near = _mm512_max_ps(_mm512_min_ps(x, _mm512_set1_ps(4.2f)), _mm512_set1_ps(-4.2f));
    const __m512 z = _mm512_mul_ps(near, near);
    __m512 p = _mm512_fmadd_ps(_mm512_set1_ps(-9.613552672e-10f), z, _mm512_set1_ps(8.330103128e-08f));
    p = _mm512_fmadd_ps(p, z, _mm512_set1_ps(-3.139952653e-06f));
    p = _mm512_fmadd_ps(p, z, _mm512_set1_ps(6.826727021e-05f));
    p = _mm512_fmadd_ps(p, z, _mm512_set1_ps(-9.607683617e-04f));
    p = _mm512_fmadd_ps(p, z, _mm512_set1_ps(9.337485543e-03f));
    p = _mm512_fmadd_ps(p, z, _mm512_set1_ps(-6.559941299e-02f));
    p = _mm512_fmadd_ps(p, z, _mm512_set1_ps(3.985087471e-01f));
    return _mm512_mul_ps(x, _mm512_fmadd_ps(near, p, _mm512_set1_ps(0.5f)));
}

/* Pairs: low halves from `even`, high halves from `odd`, each rounded to nearest (0x8000) or cut off (0). */
INLINE __m512i paired(__m512 even, __m512 odd, int half) {
    const __m512i more = _mm512_set1_epi32(half), upper = _mm512_set1_epi32((int)0xffff0000);
    const __m512i a = half ? _mm512_add_epi32(_mm512_castps_si512(even), more) : _mm512_castps_si512(even);
    const __m512i b = half ? _mm512_add_epi32(_mm512_castps_si512(odd), more) : _mm512_castps_si512(odd);
    return _mm512_ternarylogic_epi32(_mm512_srli_epi32(a, 16), b, upper, 0xd8); /* upper ? b : a >> 16 */
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

/* One vector of a linear layer to its place: written, added to what is there, or its GELU in bfloat16. */
INLINE void put(const enum epilogue then, __m512 sum, void *out, long place) {
    float *to = (float *)out + place;
    if (then == GELU)
        _mm256_storeu_si256((__m256i *)((uint32_t *)out + place / 2), (__m256i)_mm512_cvtneps_pbh(gelu(sum)));
    else
        _mm512_storeu_ps(to, then == ADD ? _mm512_add_ps(sum, _mm512_loadu_ps(to)) : sum);
}

/* R rows and V vectors of a linear layer; `out` has rows of `stride` values. */
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
        for (int v = 0; v < V; v++) put(then, sums[r][v], out, r * stride + v * LANES);
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

/* Where row m and column n of `out` stand, in bytes. */
INLINE char *place_of(const enum epilogue then, void *out, long m, long n, long width) {
    return (char *)out + (m * width + n) * (then == GELU ? 2 : 4);
}

INLINE void linear_panel(const int V, const enum epilogue then, const uint32_t *rows, long count, long pairs,
                         const uint32_t *panel, const float *bias, char *out, long width) {
    for (long m = 0; m < count; m += ROWS) {
        const uint32_t *from = rows + m * pairs;
        char *to = place_of(then, out, m, 0, width);
        BY_ROWS(count - m, linear_block(R, V, then, from, pairs, panel, bias, to, width))
    }
}

/* `count` rows times weights, to `width` columns: a multiple of 32, in panels of 64, the last perhaps of 32. Rows of
   `out` have `stride` values. */
INLINE void linear(const enum epilogue then, const uint32_t *rows, long count, long pairs, const uint32_t *weights,
                   const float *bias, long width, void *out, long stride) {
    for (long n = 0; n < width; n += PANEL) {
        char *to = place_of(then, out, 0, n, stride);
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
    for (int r = 0; r < 16; r++)
        a[r] = r < rows ? _mm512_maskz_loadu_epi32(mask, from + r * from_stride) : _mm512_setzero_si512();
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
        _mm512_mask_storeu_epi32(pairs + i, mask, paired(low, high, NEAREST));
    }
}

/* One head of one sequence in the layouts of attention: panels of queries, rows of keys, rows of transposed values. */
static void pack_head(const float *mixed, long length, long width, long depth, const float *cosine, const float *sine,
                      scratch *s) {
    const long half = depth / 2, stride = 3 * width, couples = (length + 1) / 2, room = (couples + 15) / 16 * 16;
    const __m512 scale = _mm512_set1_ps(1.44269504f / _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss((float)depth))));
    for (long t = 0; t < length; t++) {
        const float *query = mixed + t * stride, *c = cosine + t * half, *d = sine + t * half;
        turned(query, half, c, d, scale, s->words + t * half);
        turned(query + width, half, c, d, _mm512_set1_ps(1.0f), s->key + t * half);
    }
    for (long t = 0; t < length; t += LANES)
        for (long p = 0; p < half; p += 16)
            transpose(s->words + t * half + p, half, length - t, least(16, half - p),
                      s->query + t / PANEL * PANEL * half + p * PANEL + t % PANEL, PANEL);
    for (long j = 0; j < couples; j++)
        for (long i = 0; i < depth; i += LANES) {
            const __mmask16 mask = depth - i >= LANES ? 0xffff : (__mmask16)((1u << (depth - i)) - 1);
            const float *at = mixed + 2 * j * stride + 2 * width + i;
            const __m512 even = _mm512_maskz_loadu_ps(mask, at);
            const __m512 odd = 2 * j + 1 < length ? _mm512_maskz_loadu_ps(mask, at + stride) : _mm512_setzero_ps();
            _mm512_mask_storeu_epi32(s->words + j * depth + i, mask, paired(even, odd, NEAREST));
        }
    for (long j = 0; j < couples; j += 16)
        for (long i = 0; i < depth; i += 16)
            transpose(s->words + j * depth + i, depth, couples - j, least(16, depth - i), s->value + i * room + j,
                      room);
    for (long j = 0; j < room; j++) s->value[depth * room + j] = 0x3f803f80; /* 1 and 1 */
}

INLINE void score_block(const int R, const int V, const uint32_t *keys, const uint32_t *queries, long half,
                        const __m512 *level, __m512 sums[ROWS][4], __m512 *most) {
#pragma GCC unroll 6
    for (int r = 0; r < R; r++)
#pragma GCC unroll 4
        for (int v = 0; v < V; v++) sums[r][v] = level[v];
    tile(R, V, keys, half, queries, PANEL, half, sums);
#pragma GCC unroll 6
    for (int r = 0; r < R; r++)
#pragma GCC unroll 4
        for (int v = 0; v < V; v++) most[v] = _mm512_max_ps(most[v], sums[r][v]);
}

/* 2 to the power of the scores, as pairs of keys. Cut off, not rounded: their sum is of what is left. */
INLINE void chance_block(const int R, const int V, const uint32_t *keys, const uint32_t *queries, long half,
                         const __m512 *level, uint32_t *chances, __m512 *most) {
    __m512 sums[ROWS][4];
    score_block(R, V, keys, queries, half, level, sums, most);
#pragma GCC unroll 3
    for (int r = 0; r < R; r += 2)
#pragma GCC unroll 4
        for (int v = 0; v < V; v++) {
            const __m512 odd = r + 1 < R ? power(sums[r + 1 < R ? r + 1 : r][v]) : _mm512_setzero_ps();
            _mm512_storeu_si512(chances + r / 2 * PANEL + v * LANES, paired(power(sums[r][v]), odd, CUT));
        }
}

INLINE void first_block(const int R, const int V, const uint32_t *keys, const uint32_t *queries, long half,
                        __m512 *most) {
    __m512 sums[ROWS][4];
    const __m512 level[4] = {_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps()};
    score_block(R, V, keys, queries, half, level, sums, most);
}

INLINE void context_block(const int R, const int V, const uint32_t *values, long room, const uint32_t *chances,
                          long couples, float *context) {
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

/* Lower the level where a score is more than 2^TALL above it, and what was summed up with it. 1 if it was lowered. */
INLINE int lowered(const int V, __m512 *level, const __m512 *most, float *context, long rows) {
    int any = 0;
    for (int v = 0; v < V; v++) {
        const __mmask16 tall = _mm512_cmp_ps_mask(most[v], _mm512_set1_ps(TALL), _CMP_GT_OQ);
        if (!tall) continue;
        any = 1;
        const __m512 shrink = power(_mm512_sub_ps(_mm512_setzero_ps(), most[v]));
        level[v] = _mm512_mask_sub_ps(level[v], tall, level[v], most[v]);
        for (long i = 0; i < rows; i++) {
            float *at = context + i * PANEL + v * LANES;
            _mm512_mask_storeu_ps(at, tall, _mm512_mul_ps(_mm512_loadu_ps(at), shrink));
        }
    }
    return any;
}

/* Up to 16 V queries against all keys, KEYS at a time. Scores are taken relative to the best of the first keys (softmax
   does not change), and anew relative to the best in sight where one would come near overflow. The last row of values
   is 1, and gives the sum of chances. */
INLINE void attend(const int V, const uint32_t *queries, long length, long depth, scratch *s) {
    const long half = depth / 2, room = ((length + 1) / 2 + 15) / 16 * 16;
    __m512 level[4], most[4];
    memset(s->context, 0, (depth + 1) * PANEL * sizeof(float));
    for (int v = 0; v < V; v++) most[v] = _mm512_set1_ps(-1e30f);
    BY_ROWS(length, first_block(R, V, s->key, queries, half, most))
    for (int v = 0; v < V; v++) level[v] = _mm512_sub_ps(_mm512_setzero_ps(), most[v]);
    for (long first = 0; first < length; first += KEYS) {
        const long keys = least(KEYS, length - first);
        do {
            for (int v = 0; v < V; v++) most[v] = _mm512_setzero_ps();
            for (long k = 0; k < keys; k += ROWS)
                BY_ROWS(keys - k, chance_block(R, V, s->key + (first + k) * half, queries, half, level,
                                               s->chances + k / 2 * PANEL, most))
        } while (lowered(V, level, most, s->context, depth + 1));
        for (long i = 0, blocks = (depth + ROWS) / ROWS; blocks; blocks--) {
            const long rows = (depth + 1 - i + blocks - 1) / blocks;
            BY_ROWS(rows, context_block(R, V, s->value + i * room + first / 2, room, s->chances, (keys + 1) / 2,
                                        s->context + i * PANEL))
            i += rows;
        }
    }
    for (int v = 0; v < V; v++) {
        const __m512 sum = _mm512_loadu_ps(s->context + depth * PANEL + v * LANES);
        const __m512 share = _mm512_div_ps(_mm512_set1_ps(1.0f), sum);
        for (long i = 0; i < half; i++) {
            const float *at = s->context + 2 * i * PANEL + v * LANES;
            const __m512 low = _mm512_mul_ps(_mm512_loadu_ps(at), share);
            const __m512 high = _mm512_mul_ps(_mm512_loadu_ps(at + PANEL), share);
            _mm512_storeu_si512(s->chances + i * PANEL + v * LANES, paired(low, high, NEAREST));
        }
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

/* Attention of all sequences, from queries, keys and values in `mixed` to contexts in `normed`. */
static void attend_all(long width, long heads, const long *lengths, long sequences, const float *cosine,
                       const float *sine, scratch *s) {
    const long depth = width / heads;
    for (long q = 0, at = 0; q < sequences; at += lengths[q++])
        for (long h = 0; h < heads; h++) {
            pack_head(s->mixed + at * 3 * width + h * depth, lengths[q], width, depth, cosine, sine, s);
            attention(lengths[q], width, depth, s, s->normed + (at * width + h * depth) / 2);
        }
}

static void advance(float *x, long tokens, long width, long heads, const long *lengths, long sequences, const layer *l,
                    const float *cosine, const float *sine, scratch *s) {
    norm(x, tokens, width, l->norm_attention, 0, s->normed);
    linear(WRITE, s->normed, tokens, width / 2, l->qkv, l->qkv_bias, 3 * width, s->mixed, 3 * width);
    attend_all(width, heads, lengths, sequences, cosine, sine, s);
    linear(ADD, s->normed, tokens, width / 2, l->out, l->out_bias, width, x, width);
    norm(x, tokens, width, l->norm_feed, 0, s->normed);
    linear(GELU, s->normed, tokens, width / 2, l->rise, l->rise_bias, 4 * width, s->hidden, 4 * width);
    linear(ADD, s->hidden, tokens, 2 * width, l->fall, l->fall_bias, width, x, width);
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
    s->value = room_for(&end, padded * (depth + 1) / 2);
    s->words = room_for(&end, padded * depth / 2);
    s->chances = room_for(&end, (KEYS > depth ? KEYS : depth) / 2 * PANEL + PANEL);
    s->context = room_for(&end, (depth + 1) * PANEL);
    return end - base;
}

/* Advance x (tokens, width) through the layers, in place, and apply the last norm where `last` is given.
   Width is a multiple of 32, width / heads even; cosine and sine have shape (longest, width / heads / 2).
   0, or 1 without memory. */
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
