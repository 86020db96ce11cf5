"""Published cells and what is known of each pair of them, to sixteen digits."""

from harness.api import parse_genotype

GENOTYPES = {
    "DARTS_V1": (
        "Genotype(normal=[('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('skip_connect', 0), "
        "('sep_conv_3x3', 1), ('skip_connect', 0), ('sep_conv_3x3', 1), "
        "('sep_conv_3x3', 0), "
        "('skip_connect', 2)], normal_concat=[2, 3, 4, 5], reduce=[('max_pool_3x3', 0), "
        "('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 0), "
        "('max_pool_3x3', 0), ('skip_connect', 2), ('skip_connect', 2), "
        "('avg_pool_3x3', 0)], reduce_concat=[2, 3, 4, 5])"
    ),
    "DARTS_V2": (
        "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), "
        "('sep_conv_3x3', 1), ('sep_conv_3x3', 1), ('skip_connect', 0), "
        "('skip_connect', 0), "
        "('dil_conv_3x3', 2)], normal_concat=[2, 3, 4, 5], reduce=[('max_pool_3x3', 0), "
        "('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 1), "
        "('max_pool_3x3', 0), ('skip_connect', 2), ('skip_connect', 2), "
        "('max_pool_3x3', 1)], reduce_concat=[2, 3, 4, 5])"
    ),
    "PC_DARTS_cifar": (
        "Genotype(normal=[('sep_conv_3x3', 1), ('skip_connect', 0), ('sep_conv_3x3', 0), "
        "('dil_conv_3x3', 1), ('sep_conv_5x5', 0), ('sep_conv_3x3', 1), "
        "('avg_pool_3x3', 0), "
        "('dil_conv_3x3', 1)], normal_concat=[2, 3, 4, 5], reduce=[('sep_conv_5x5', 1), "
        "('max_pool_3x3', 0), ('sep_conv_5x5', 1), ('sep_conv_5x5', 2), "
        "('sep_conv_3x3', 0), ('sep_conv_3x3', 3), ('sep_conv_3x3', 1), "
        "('sep_conv_3x3', 2)], reduce_concat=[2, 3, 4, 5])"
    ),
    "GDAS_V1": (
        "Genotype(normal=[('skip_connect', 0), ('skip_connect', 1), ('skip_connect', 0), "
        "('sep_conv_5x5', 2), ('sep_conv_3x3', 3), ('skip_connect', 0), "
        "('sep_conv_5x5', 4), "
        "('sep_conv_3x3', 3)], normal_concat=[2, 3, 4, 5], reduce=[('sep_conv_5x5', 0), "
        "('sep_conv_3x3', 1), ('sep_conv_5x5', 2), ('sep_conv_5x5', 1), "
        "('dil_conv_5x5', 2), ('sep_conv_3x3', 1), ('sep_conv_5x5', 0), "
        "('sep_conv_5x5', 1)], reduce_concat=[2, 3, 4, 5])"
    ),
}
CELLS = {name: parse_genotype(text) for name, text in GENOTYPES.items()}
# Fractions as numerator and denominator.
PAIRS = {
    ("DARTS_V1", "DARTS_V2", "normal"): {
        "op_jsd": 0.07157793923291605,
        "op_tv": 0.125,
        "edge_jaccard_aligned": (6, 10),
        "edit_distance_aligned": 3,
        "path_jaccard": (3, 7),
        "path_hamming": 4,
        "wl_0": 0.9730184719546422,
        "wl_1": 0.9470327391067188,
        "wl_2": 0.9353805155447485,
    },
    ("DARTS_V1", "PC_DARTS_cifar", "normal"): {
        "op_jsd": 0.3199634674227343,
        "op_tv": 0.5,
        "edge_jaccard_aligned": (4, 12),
        "edit_distance_aligned": 5,
        "path_jaccard": (3, 8),
        "path_hamming": 5,
        "wl_0": 0.7920300007249499,
        "wl_1": 0.7431226260332242,
        "wl_2": 0.7232707934524439,
    },
    ("DARTS_V1", "GDAS_V1", "normal"): {
        "op_jsd": 0.19134744173711388,
        "op_tv": 0.375,
        "edge_jaccard_aligned": (2, 14),
        "edit_distance_aligned": 9,
        "path_jaccard": (1, 14),
        "path_hamming": 13,
        "wl_0": 0.7909649964604158,
        "wl_1": 0.6388825514464522,
        "wl_2": 0.572154914641645,
    },
    ("DARTS_V2", "PC_DARTS_cifar", "normal"): {
        "op_jsd": 0.17842206076708392,
        "op_tv": 0.375,
        "edge_jaccard_aligned": (4, 12),
        "edit_distance_aligned": 5,
        "path_jaccard": (3, 8),
        "path_hamming": 5,
        "wl_0": 0.8785953702139588,
        "wl_1": 0.7934920476158722,
        "wl_2": 0.7588032109349367,
    },
    ("DARTS_V2", "GDAS_V1", "normal"): {
        "op_jsd": 0.27802381348166527,
        "op_tv": 0.5,
        "edge_jaccard_aligned": (2, 14),
        "edit_distance_aligned": 9,
        "path_jaccard": (1, 14),
        "path_hamming": 13,
        "wl_0": 0.7035264706814485,
        "wl_1": 0.5818649565812178,
        "wl_2": 0.5299250067891803,
    },
    ("PC_DARTS_cifar", "GDAS_V1", "normal"): {
        "op_jsd": 0.2987949406953985,
        "op_tv": 0.5,
        "edge_jaccard_aligned": (1, 15),
        "edit_distance_aligned": 11,
        "path_jaccard": (1, 15),
        "path_hamming": 14,
        "wl_0": 0.6622661785325219,
        "wl_1": 0.5057217374241736,
        "wl_2": 0.44298119496145877,
    },
    ("DARTS_V1", "DARTS_V2", "reduce"): {
        "op_jsd": 0.06751971634100003,
        "op_tv": 0.125,
        "edge_jaccard_aligned": (6, 10),
        "edit_distance_aligned": 4,
        "path_jaccard": (4, 5),
        "path_hamming": 1,
        "wl_0": 0.9769000173962618,
        "wl_1": 0.915810939779251,
        "wl_2": 0.891337623249849,
    },
    ("DARTS_V1", "PC_DARTS_cifar", "reduce"): {
        "op_jsd": 0.7743974703476993,
        "op_tv": 0.875,
        "edge_jaccard_aligned": (1, 15),
        "edit_distance_aligned": 10,
        "path_jaccard": (1, 14),
        "path_hamming": 13,
        "wl_0": 0.2413793103448276,
        "wl_1": 0.25677629550654774,
        "wl_2": 0.26468964101491776,
    },
    ("DARTS_V1", "GDAS_V1", "reduce"): {
        "op_jsd": 1.0,
        "op_tv": 1.0,
        "edge_jaccard_aligned": (0, 16),
        "edit_distance_aligned": 11,
        "path_jaccard": (0, 12),
        "path_hamming": 12,
        "wl_0": 0.09697622757528539,
        "wl_1": 0.09805806756909202,
        "wl_2": 0.09874838622020375,
    },
    ("DARTS_V2", "PC_DARTS_cifar", "reduce"): {
        "op_jsd": 0.7562415918818672,
        "op_tv": 0.875,
        "edge_jaccard_aligned": (1, 15),
        "edit_distance_aligned": 8,
        "path_jaccard": (1, 13),
        "path_hamming": 12,
        "wl_0": 0.24422500434906544,
        "wl_1": 0.23515854050088617,
        "wl_2": 0.2313017995304829,
    },
    ("DARTS_V2", "GDAS_V1", "reduce"): {
        "op_jsd": 1.0,
        "op_tv": 1.0,
        "edge_jaccard_aligned": (0, 16),
        "edit_distance_aligned": 9,
        "path_jaccard": (0, 11),
        "path_hamming": 11,
        "wl_0": 0.08585457105482137,
        "wl_1": 0.08980265101338746,
        "wl_2": 0.09168557486799433,
    },
    ("PC_DARTS_cifar", "GDAS_V1", "reduce"): {
        "op_jsd": 0.17842206076708392,
        "op_tv": 0.375,
        "edge_jaccard_aligned": (3, 13),
        "edit_distance_aligned": 6,
        "path_jaccard": (2, 15),
        "path_hamming": 13,
        "wl_0": 0.8404606389858067,
        "wl_1": 0.7419408268023742,
        "wl_2": 0.6918796296907461,
    },
}
CANONICAL = {
    ("DARTS_V1", "normal"): [
        (0, 2, "sep_conv_3x3"),
        (0, 3, "sep_conv_3x3"),
        (0, 4, "skip_connect"),
        (0, 5, "skip_connect"),
        (1, 2, "sep_conv_3x3"),
        (1, 4, "sep_conv_3x3"),
        (1, 5, "sep_conv_3x3"),
        (2, 3, "skip_connect"),
    ],
    ("DARTS_V2", "normal"): [
        (0, 2, "sep_conv_3x3"),
        (0, 3, "sep_conv_3x3"),
        (0, 4, "skip_connect"),
        (0, 5, "skip_connect"),
        (1, 2, "sep_conv_3x3"),
        (1, 3, "sep_conv_3x3"),
        (1, 4, "sep_conv_3x3"),
        (2, 5, "dil_conv_3x3"),
    ],
    ("PC_DARTS_cifar", "normal"): [
        (0, 2, "avg_pool_3x3"),
        (0, 3, "sep_conv_3x3"),
        (0, 4, "sep_conv_5x5"),
        (0, 5, "skip_connect"),
        (1, 2, "dil_conv_3x3"),
        (1, 3, "dil_conv_3x3"),
        (1, 4, "sep_conv_3x3"),
        (1, 5, "sep_conv_3x3"),
    ],
    ("GDAS_V1", "normal"): [
        (0, 2, "skip_connect"),
        (0, 3, "skip_connect"),
        (0, 4, "skip_connect"),
        (1, 2, "skip_connect"),
        (2, 3, "sep_conv_5x5"),
        (3, 4, "sep_conv_3x3"),
        (3, 5, "sep_conv_3x3"),
        (4, 5, "sep_conv_5x5"),
    ],
    ("DARTS_V1", "reduce"): [
        (0, 2, "avg_pool_3x3"),
        (0, 3, "max_pool_3x3"),
        (0, 4, "max_pool_3x3"),
        (0, 5, "max_pool_3x3"),
        (1, 3, "max_pool_3x3"),
        (3, 2, "skip_connect"),
        (3, 4, "skip_connect"),
        (3, 5, "skip_connect"),
    ],
    ("DARTS_V2", "reduce"): [
        (0, 2, "max_pool_3x3"),
        (0, 3, "max_pool_3x3"),
        (1, 2, "max_pool_3x3"),
        (1, 4, "max_pool_3x3"),
        (1, 5, "max_pool_3x3"),
        (2, 3, "skip_connect"),
        (2, 4, "skip_connect"),
        (2, 5, "skip_connect"),
    ],
    ("PC_DARTS_cifar", "reduce"): [
        (0, 2, "max_pool_3x3"),
        (0, 3, "sep_conv_3x3"),
        (1, 2, "sep_conv_5x5"),
        (1, 4, "sep_conv_3x3"),
        (1, 5, "sep_conv_5x5"),
        (2, 4, "sep_conv_3x3"),
        (2, 5, "sep_conv_5x5"),
        (5, 3, "sep_conv_3x3"),
    ],
    ("GDAS_V1", "reduce"): [
        (0, 2, "sep_conv_5x5"),
        (0, 3, "sep_conv_5x5"),
        (1, 2, "sep_conv_3x3"),
        (1, 3, "sep_conv_5x5"),
        (1, 4, "sep_conv_3x3"),
        (1, 5, "sep_conv_5x5"),
        (2, 4, "dil_conv_5x5"),
        (2, 5, "sep_conv_5x5"),
    ],
}
