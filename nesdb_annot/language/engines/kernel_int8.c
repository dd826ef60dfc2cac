/* The layers of `kernel.c` with linear layers in 8 bits, but for the values of attention and the layer after it, for a
   processor that has AVX512-VNNI, too.

   The inputs of a linear layer come in groups. Weights are -127 to 127 in steps of each output and group, activations 0
   to 255 in steps of each token and group, from its least value up: no number depends on another token. Four products
   are summed into 32 bits at a time, exactly; "quad": four bytes, neighbours along the dimension that is summed over.
   Attention, norms and residual stream are those of `kernel.c`. */

#include "kernel.c"

typedef struct {
    const uint32_t *panels;           /* quads of weights */
    const float *ease;                /* of each input: what it is multiplied by; its weights were divided by it */
    const float *steps, *sums;        /* of each group and output: step, sum of the weights */
    const float *bias;
    long group, outputs; /* inputs that share a step; outputs */
} linear8;

typedef struct {
    const float *norm_attention, *norm_feed;
    const uint32_t *value, *out; /* panels of pairs, as in `layer` */
    const float *value_bias, *out_bias;
    linear8 query_key, rise, fall;
} layer8;

typedef struct {
    uint32_t *quads;
    float *levels; /* of each token and group: step, least value */
} narrow;

typedef int whole __attribute__((vector_size(64))); /* gcc keeps arrays of it in registers, but not of __m512i */

INLINE __m512 eased(const uint32_t *pairs, const float *ease, long i) {
    const __m256i halves = _mm256_loadu_si256((const __m256i *)(pairs + i / 2));
    const __m512 x = _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
    return _mm512_mul_ps(x, _mm512_loadu_ps(ease + i));
}

/* Rows of bfloat16 as bytes, each group in 255 steps from its least to its largest eased value. */
static void quantise(const uint32_t *pairs, long count, long width, const linear8 *l, narrow to) {
    const float *ease = l->ease;
    for (long at = 0; at < count * width; at += l->group, pairs += l->group / 2) {
        if (at % width == 0) ease = l->ease;
        __m512 least = eased(pairs, ease, 0), most = least;
        for (long i = LANES; i < l->group; i += LANES) {
            const __m512 x = eased(pairs, ease, i);
            least = _mm512_min_ps(least, x);
            most = _mm512_max_ps(most, x);
        }
        const float low = _mm512_reduce_min_ps(least), step = (_mm512_reduce_max_ps(most) - low) / 255 + 1e-30f;
        const __m512 from = _mm512_set1_ps(low), steps = _mm512_set1_ps(1 / step);
        for (long i = 0; i < l->group; i += LANES) {
            const __m512 x = _mm512_mul_ps(_mm512_sub_ps(eased(pairs, ease, i), from), steps);
            const __m128i bytes = _mm512_cvtusepi32_epi8(_mm512_cvtps_epu32(x));
            _mm_storeu_si128((__m128i *)(to.quads + (at + i) / 4), bytes);
        }
        *to.levels++ = step;
        *to.levels++ = low;
        ease += l->group;
    }
}

/* sums[r][v] = rows[r][q] . panel[q][v] over `quads` quads q; a row has `stride` of them. */
INLINE void tile8(const int R, const int V, const uint32_t *rows, long stride, const uint32_t *panel, long quads,
                  whole sums[ROWS][4]) {
#pragma GCC unroll 6
    for (int r = 0; r < R; r++)
#pragma GCC unroll 4
        for (int v = 0; v < V; v++) sums[r][v] = (whole)_mm512_setzero_si512();
    for (long q = 0; q < quads; q++) {
        __m512i column[4];
#pragma GCC unroll 4
        for (int v = 0; v < V; v++) column[v] = _mm512_loadu_si512(panel + (q * V + v) * LANES);
#pragma GCC unroll 6
        for (int r = 0; r < R; r++) {
            const __m512i row = _mm512_set1_epi32((int)rows[r * stride + q]);
#pragma GCC unroll 4
            for (int v = 0; v < V; v++)
                sums[r][v] = (whole)_mm512_dpbusd_epi32((__m512i)sums[r][v], row, column[v]);
        }
    }
}

/* R rows and V vectors of a linear layer from output n on; `out` has rows of `stride` values. */
INLINE void block8(const int R, const int V, const enum epilogue then, const uint32_t *rows, const float *levels,
                   long quads, const linear8 *l, long n, void *out, long stride) {
    const long count = l->group / 4, groups = quads / count;
    __m512 sums[ROWS][4];
#pragma GCC unroll 6
    for (int r = 0; r < R; r++)
#pragma GCC unroll 4
        for (int v = 0; v < V; v++) sums[r][v] = _mm512_loadu_ps(l->bias + n + v * LANES);
    for (long g = 0; g < groups; g++) {
        whole exact[ROWS][4];
        const float *steps = l->steps + g * l->outputs + n, *totals = l->sums + g * l->outputs + n;
        tile8(R, V, rows + g * count, quads, l->panels + n * quads + g * count * V * LANES, count, exact);
#pragma GCC unroll 6
        for (int r = 0; r < R; r++) {
            const float *level = levels + 2 * (r * groups + g);
            const __m512 step = _mm512_set1_ps(level[0]), low = _mm512_set1_ps(level[1]);
#pragma GCC unroll 4
            for (int v = 0; v < V; v++) {
                const __m512 sum = _mm512_cvtepi32_ps((__m512i)exact[r][v]);
                const __m512 base = _mm512_fmadd_ps(low, _mm512_loadu_ps(totals + v * LANES), sums[r][v]);
                const __m512 weighed = _mm512_mul_ps(sum, _mm512_loadu_ps(steps + v * LANES));
                sums[r][v] = _mm512_fmadd_ps(step, weighed, base);
            }
        }
    }
#pragma GCC unroll 6
    for (int r = 0; r < R; r++)
#pragma GCC unroll 4
        for (int v = 0; v < V; v++) put(then, sums[r][v], out, r * stride + v * LANES);
}

INLINE void panel8(const int V, const enum epilogue then, narrow from, long count, long quads, const linear8 *l,
                   long n, void *out, long stride) {
    for (long m = 0; m < count; m += ROWS) {
        char *to = place_of(then, out, m, n, stride);
        const float *levels = from.levels + 2 * m * (4 * quads / l->group);
        BY_ROWS(count - m, block8(R, V, then, from.quads + m * quads, levels, quads, l, n, to, stride))
    }
}

/* `count` rows of `inputs` values, through bytes, times weights; rows of `out` have `stride` values. */
INLINE void linear_int8(const enum epilogue then, const uint32_t *pairs, long count, long inputs, const linear8 *l,
                        void *out, long stride, narrow bytes) {
    quantise(pairs, count, inputs, l, bytes);
    for (long n = 0; n < l->outputs; n += PANEL)
        if (l->outputs - n >= PANEL)
            panel8(4, then, bytes, count, inputs / 4, l, n, out, stride);
        else
            panel8(2, then, bytes, count, inputs / 4, l, n, out, stride);
}

static void advance8(float *x, long tokens, long width, long heads, const long *lengths, long sequences,
                     const layer8 *l, const float *cosine, const float *sine, scratch *s, narrow bytes) {
    norm(x, tokens, width, l->norm_attention, 0, s->normed);
    linear_int8(WRITE, s->normed, tokens, width, &l->query_key, s->mixed, 3 * width, bytes);
    linear(WRITE, s->normed, tokens, width / 2, l->value, l->value_bias, width, s->mixed + 2 * width, 3 * width);
    attend_all(width, heads, lengths, sequences, cosine, sine, s);
    linear(ADD, s->normed, tokens, width / 2, l->out, l->out_bias, width, x, width);
    norm(x, tokens, width, l->norm_feed, 0, s->normed);
    linear_int8(GELU, s->normed, tokens, width, &l->rise, s->hidden, 4 * width, bytes);
    linear_int8(ADD, s->hidden, tokens, 4 * width, &l->fall, x, width, bytes);
}

/* As `nesannot_forward`; groups are multiples of 32 inputs. */
int nesannot_forward_int8(float *x, long tokens, long width, long heads, const long *lengths, long sequences,
                          const layer8 *layers, long depth, const float *last, const float *cosine,
                          const float *sine) {
    scratch s;
    long longest = 0;
    for (long q = 0; q < sequences; q++) longest = lengths[q] > longest ? lengths[q] : longest;
    const long wide = lay_out(&s, 0, tokens, width, width / heads, longest);
    char *memory = aligned_alloc(64, wide + (tokens * width * 5 + 63) / 64 * 64);
    if (!memory) return 1;
    lay_out(&s, memory, tokens, width, width / heads, longest);
    const narrow bytes = {(uint32_t *)(memory + wide), (float *)(memory + wide) + tokens * width};
    for (long n = 0; n < depth; n++)
        advance8(x, tokens, width, heads, lengths, sequences, layers + n, cosine, sine, &s, bytes);
    if (last) norm(x, tokens, width, last, x, 0);
    free(memory);
    return 0;
}
