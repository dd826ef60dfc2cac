"""Headers of UniProt, NCBI and anybody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nesdb_annot.formats.uniprot_header import Header, parse_header
from nesdb_annot.identifiers import ACCESSION_PATTERN, PROTEOME_PATTERN

SWISS_PROT = "sp|P46937|YAP1_HUMAN Transcriptional coactivator YAP1 OS=Homo sapiens OX=9606 GN=YAP1 PE=1 SV=2"


def test_swiss_prot():
    assert parse_header(SWISS_PROT) == Header(
        accession="P46937",
        reviewed=True,
        entry_name="YAP1_HUMAN",
        protein_name="Transcriptional coactivator YAP1",
        organism="Homo sapiens",
        taxon_id=9606,
        gene="YAP1",
        existence=1,
        sequence_version=2,
    )


def test_isoform_has_neither_existence_nor_version():
    text = "sp|Q86V15-2|CASZ1_HUMAN Isoform 2 of Zinc finger protein castor homolog 1 OS=Homo sapiens OX=9606 GN=CASZ1"
    header = parse_header(text)
    assert (header.accession, header.isoform, header.existence, header.sequence_version) == ("Q86V15-2", 2, None, None)
    assert header.protein_name == "Isoform 2 of Zinc finger protein castor homolog 1"


def test_trembl_fragment_without_taxon_or_gene_and_with_a_foreign_tag():
    header = parse_header(
        "tr|A7TBS3|A7TBS3_NEMVE Predicted protein (Fragment) OS=Nematostella vectensis PE=4 SV=1 Split=0 "
    )
    assert (header.reviewed, header.fragment, header.protein_name) == (False, True, "Predicted protein")
    assert (header.taxon_id, header.gene, header.existence, header.sequence_version) == (None, None, 4, 1)


def test_plural_fragments_and_brackets_in_names():
    header = parse_header("sp|P00441|SODC_HUMAN Superoxide dismutase [Cu-Zn] (Fragments) OS=Homo sapiens PE=1 SV=2")
    assert (header.protein_name, header.fragment) == ("Superoxide dismutase [Cu-Zn]", True)


def test_organism_with_a_strain_in_parentheses():
    header = parse_header(
        "tr|C7GRB6|C7GRB6_YEAS2 Rna1p OS=Saccharomyces cerevisiae (strain JAY291) OX=574961 PE=4 SV=1"
    )
    assert header.organism == "Saccharomyces cerevisiae (strain JAY291)"


@pytest.mark.parametrize(
    ("text", "accession", "version"),
    [
        ("gi|215274241|sp|P15336.4|ATF2_HUMAN RecName: Full=Cyclic AMP factor ATF-2; Short=x", "P15336", 4),
        ("gi|225735610|ref|NP_001071170.2| mesoderm induction early response protein 1", "NP_001071170.2", None),
        ("gi|83658613|gb|ABC40399.1| mutant nucleolar phosphoprotein B23 [Homo sapiens]", "ABC40399.1", None),
        ("gi|2920648|gb|AAC04575.1|sp|Q62985-2|SH2 domain-containing adaptor [Rattus norvegicus]", "Q62985-2", None),
        ("gi|52001195|gb|AAU21478.1|Q68SB1.1 |double-stranded RNA binding protein", "Q68SB1", 1),
        ("gi|4454567|gb|AAD20950.1|sp|Q9XF23|EDS1 [Arabidopsis thaliana]", "Q9XF23", None),
        ("sp|P12345.3| no entry name", "P12345", 3),
        ("ERG8 (NES ID: 281)", "ERG8", None),
        ("P04637-2 my isoform", "P04637-2", None),
        ("my|odd|name here", "my|odd|name", None),
    ],
)
def test_accession_and_version_of_other_headers(text, accession, version):
    header = parse_header(text)
    assert (header.accession, header.sequence_version) == (accession, version)


NCBI_FORMS = {  # header: identifier; the forms of NCBI's table of FASTA identifiers, and how databases combine them
    "gi|129295": "129295",
    "gi|129295| description": "129295",
    "ref|NP_001071170.2| mesoderm": "NP_001071170.2",
    "ref|NM_010450.1|": "NM_010450.1",
    "ref|XP_1.1": "XP_1.1",
    "gb|AAA12345.1|LOCUS mutant": "AAA12345.1",
    "gb|M73307|AGMA13GT": "M73307",
    "gb||LOCUS1 no accession": "LOCUS1",
    "emb|CAM43271.1|": "CAM43271.1",
    "dbj|BAC85684.1| a protein": "BAC85684.1",
    "tpg|DAA34093.1| third party": "DAA34093.1",
    "tpe|CAD12345.1|": "CAD12345.1",
    "tpd|FAA00017.1|": "FAA00017.1",
    "gpp|GPC_123456789|": "GPC_123456789",
    "nat|AT_123456789.1|": "AT_123456789.1",
    "pir||G36364 cytochrome": "G36364",
    "pir|S16356|S16356": "S16356",
    "pir||I54234": "I54234",
    "prf||0806162C": "0806162C",
    "prf||0806162D second of two": "0806162D",
    "sp|P01013|OVAX_CHICK": "P01013",
    "sp|P01013.1|": "P01013",
    "sp|P06778-2|RAD52_YEAST": "P06778-2",
    "sp|Mine1|MINE": "Mine1",
    "tr|Q90RT2|Q90RT2_9HIV1": "Q90RT2",
    "pdb|1I4L|D Chain D, Arfaptin": "1I4L_D",
    "pdb|1I4L|A": "1I4L_A",
    "pdb|1I4L|a": "1I4L_a",
    "pdb|4V4B|BA": "4V4B_BA",
    "pdb|1GCN| one chain": "1GCN",
    "pat|US|RE33188|1 patent": "US_RE33188_1",
    "pat|US|RE33188|2": "US_RE33188_2",
    "pgp|EP|0238993|7": "EP_0238993_7",
    "bbs|123": "123",
    "bbm|124": "124",
    "gim|125": "125",
    "gnl|taxon|9606": "taxon:9606",
    "gnl|PID|e1632 x": "PID:e1632",
    "gnl|BL_ORD_ID|0 x": "BL_ORD_ID:0",
    "lcl|seq_1 mine": "seq_1",
    "lcl|271": "271",
    "gi|5524211|gb|AAD44166.1| cytochrome b [Elephas maximus]": "AAD44166.1",
    "gi|5524212|gb|AAD44167.1|": "AAD44167.1",
    "gi|129296|sp|P01012|OVAL_CHICK OVALBUMIN": "P01012",
    "gi|99|pir||A12345": "A12345",
    "gi|100|pir||A12346 x": "A12346",
    "gi|101|prf||1101001A": "1101001A",
    "gi|102|pdb|2HHB|B Chain B": "2HHB_B",
    "gi|103|pdb|2HHB|C Chain C": "2HHB_C",
    "gi|104|pat|US|4554101|5": "US_4554101_5",
    "gi|105|gnl|REF|x7 y": "REF:x7",
    "gi|106|lcl|my_7": "my_7",
    "gi|107|bbs|77": "77",
    "gi|108|tpg|DAA00001.1|": "DAA00001.1",
    "gi|109|emb|CAA00001.1||gb|AAA00001.1| two": "AAA00001.1",
    "gi|110|emb|CAA00002.1|sp|P69905|HBA_HUMAN": "P69905",
    "gi|111|ref|NP_000509.1| hemoglobin\x01gi|112|sp|P68871|HBB_HUMAN other": "NP_000509.1",
    "gi|113|ref|NP_000510.1| with | a pipe | in the text": "NP_000510.1",
    "jgi|Aspni7|12345|model": "jgi|Aspni7|12345|model",
}


@pytest.mark.parametrize("text", NCBI_FORMS)
def test_form_of_ncbi_gives_its_identifier(text):
    assert parse_header(text).accession == NCBI_FORMS[text]


def test_no_two_forms_of_ncbi_share_an_identifier():
    assert len(set(NCBI_FORMS.values())) == len(NCBI_FORMS) - len({"gi|129295": "", "sp|P01013|": ""})


def test_name_and_organism_of_ncbi_headers():
    header = parse_header("gi|83658613|gb|ABC40399.1| mutant nucleolar phosphoprotein B23 [Homo sapiens]")
    assert (header.protein_name, header.organism) == ("mutant nucleolar phosphoprotein B23", "Homo sapiens")
    header = parse_header("gi|1|sp|P15336.4|ATF2_HUMAN RecName: Full=Cyclic AMP factor; Short=x")
    assert (header.protein_name, header.entry_name, header.reviewed) == ("Cyclic AMP factor", "ATF2_HUMAN", True)


def test_bare_isoform_is_numbered():
    assert parse_header("P04637-2 mine").isoform == 2


@pytest.mark.parametrize("text", ["", "   ", "\t"])
def test_nothing_is_named(text):
    assert parse_header(text) is None


@pytest.mark.parametrize("text", ["P04637", "A0A088CK81", "Q9XF23", "O00255", "P04637-12"])
def test_accessions(text):
    assert ACCESSION_PATTERN.fullmatch(text)


@pytest.mark.parametrize(
    "text", ["P0463", "P53_HUMAN", "p04637", "AAC04575", "P04637-", "P04637\n", "NP_001446", "Ⅸ04637"]
)
def test_no_accessions(text):
    assert not ACCESSION_PATTERN.fullmatch(text)


def test_proteome_identifiers():
    assert PROTEOME_PATTERN.fullmatch("UP000005640")
    assert not PROTEOME_PATTERN.fullmatch("UP00000564")


@given(st.text(max_size=200))
def test_no_text_breaks_the_parser(text):
    header = parse_header(text)
    assert header is None or header.accession


@given(st.text(alphabet="spgitr|P12345.-_ OSXGNPEV=", max_size=120))
def test_no_almost_header_breaks_the_parser(text):
    header = parse_header(text)
    assert header is None or header.accession


def test_every_header_of_a_proteome_is_understood(shared_data):
    import gzip

    names = sorted((shared_data / "proteomes").glob("*.fasta.gz"))
    assert names
    for path in names:
        with gzip.open(path, "rt", encoding="utf-8") as stream:
            headers = [parse_header(line[1:].rstrip("\n")) for line in stream if line.startswith(">")]
        assert all(h.reviewed is not None and h.taxon_id and h.sequence_version and h.existence for h in headers)
        assert all(ACCESSION_PATTERN.fullmatch(h.accession) for h in headers)
        assert len({h.taxon_id for h in headers}) == 1
